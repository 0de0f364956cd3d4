# expect: limit
# about: a tuple of types nested a hundred thousand deep
# accept: runtime compile
def tool(state, **kwargs):
    t = (float,)
    for _ in range(100000):
        t = (t,)
    return {"escaped": not isinstance(1, t)}
