# expect: runtime
# about: a list where a row belongs
# view: tables
def tool(state, **kwargs):
    state.other["x"] = ["not", "a", "row"]
    return {"escaped": True}
