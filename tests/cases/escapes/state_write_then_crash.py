# expect: runtime
# about: several tables are written before the tool crashes
# view: tables
def tool(state, **kwargs):
    state.store["s"]["log"].append("hidden")
    state.other["x"] = {"id": "x"}
    return {"escaped": 1 / 0}
