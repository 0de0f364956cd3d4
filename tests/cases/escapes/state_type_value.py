# expect: runtime
# about: a type in the result
def tool(state, **kwargs):
    return {"escaped": True, "t": [float, bool, range]}
