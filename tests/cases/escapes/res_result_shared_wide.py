# expect: runtime
# about: the result holds one long list a hundred thousand times
# accept: limit
def tool(state, **kwargs):
    return {"escaped": True, "x": [[0] * 900000] * 100000}
