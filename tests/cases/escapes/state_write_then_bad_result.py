# expect: runtime
# about: the state is fine, the result is not: nothing may be kept
def tool(state, **kwargs):
    state["dirty"] = 1
    return {"escaped": True, "x": {1, 2}}
