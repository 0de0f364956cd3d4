# expect: limit
# about: a call with *l makes a tuple for the callee
def tool(state, **kwargs):
    l = [0] * 900000
    f = lambda *a: a
    keep = [f(*l) for _ in range(10000)]
    return {"escaped": True}
