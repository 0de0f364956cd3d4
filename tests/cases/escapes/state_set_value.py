# expect: runtime
# about: a set in a row
def tool(state, **kwargs):
    state["s"] = {1, 2}
    return {"escaped": True}
