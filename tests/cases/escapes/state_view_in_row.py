# expect: runtime
# about: a table view put into a row outlives the call
# view: tables
def tool(state, **kwargs):
    state.store["s"]["t"] = state.other
    return {"escaped": True}
