# expect: limit
# about: exceptions nested through their arguments are freed
# accept: ok runtime
def tool(state, **kwargs):
    e = None
    for _ in range(120000):
        e = ValueError(e)
    e = None
    return {"escaped": False}
