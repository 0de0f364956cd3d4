# expect: runtime
# about: a hundred thousand exceptions inside one another, written out by the host
# accept: limit
def tool(state, **kwargs):
    e = ValueError("inner")
    for _ in range(100000):
        e = ValueError(e)
    raise e
