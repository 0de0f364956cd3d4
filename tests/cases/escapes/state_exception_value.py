# expect: runtime
# about: an exception object in a row
def tool(state, **kwargs):
    state["e"] = ValueError("x")
    return {"escaped": True}
