# expect: runtime
# about: a shared row of a scan is kept by a closure and changed after a lookup of the same row
# view: tables
# accept: ok
# calls: 2
# state: same
def tool(state, **kwargs):
    rows = state.store.values()
    row = state.store["s"]
    row["n"] = 5
    rows[0]["log"].append("hidden")
    return {"escaped": state.store["s"]["log"].count("hidden") != kwargs.get("call", 1)}
