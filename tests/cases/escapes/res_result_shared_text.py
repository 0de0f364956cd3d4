# expect: runtime
# about: the result holds one long text a million times
# accept: limit
def tool(state, **kwargs):
    return {"escaped": True, "x": ["a" * 1000000] * 900000}
