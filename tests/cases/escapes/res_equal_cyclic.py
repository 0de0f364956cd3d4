# expect: limit
# about: two lists that contain themselves are compared
# accept: runtime
def tool(state, **kwargs):
    a, b = [], []
    a.append(a)
    b.append(b)
    return {"escaped": a == b}
