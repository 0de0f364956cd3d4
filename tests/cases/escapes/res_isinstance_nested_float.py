# expect: limit
# about: isinstance walks a tuple of tuples of types
# accept: runtime compile
def tool(state, **kwargs):
    t = (float,)
    for _ in range(60):
        t = (t, t)
    return {"escaped": not isinstance("x", t)}
