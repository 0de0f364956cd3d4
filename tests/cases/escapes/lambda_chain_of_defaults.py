# expect: limit
# about: two hundred thousand lambdas, each the default of the next, are freed recursively
# accept: runtime ok
def tool(state, **kwargs):
    f = None
    for _ in range(120000):
        f = lambda g=f: g
    f = None
    return {"escaped": False}
