# expect: limit
# about: two hundred thousand closures, each holding the last, are freed recursively
# accept: runtime ok
def tool(state, **kwargs):
    f = None
    for _ in range(120000):
        f = (lambda g: lambda: g)(f)
    f = None
    return {"escaped": False}
