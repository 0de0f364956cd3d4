# expect: runtime
# about: rows are removed and added before the tool refuses
# view: tables
def tool(state, **kwargs):
    del state.store["s"]
    state.other["x"] = {"id": "x"}
    fail("no")
