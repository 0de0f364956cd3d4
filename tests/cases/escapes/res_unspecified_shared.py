# expect: runtime
# about: the reason of an unspecified value explodes when written out
# accept: limit
def tool(state, **kwargs):
    x = (1,)
    for _ in range(40):
        x = (x, x)
    return {"escaped": True, "x": unspecified(x)}
