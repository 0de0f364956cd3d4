# expect: runtime
# about: a number as the key of a row beside the text of it
# view: tables
def tool(state, **kwargs):
    state.other["1"] = {"id": "1"}
    state.other[1] = {"id": "1"}
    return {"escaped": True}
