# expect: runtime
# about: a row that contains itself
def tool(state, **kwargs):
    state["self"] = state
    return {"escaped": True}
