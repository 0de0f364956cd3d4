# expect: runtime
# about: a row is taken out, edited through the alias and the call aborted
# view: tables
# accept: ok
# harness: abort-then-probe
def tool(state, **kwargs):
    if kwargs.get("probe"):
        return {"escaped": state.store["s"]["log"] != []}
    row = state.store.pop("s")
    row["log"].append("hidden")
    state.store["t"] = row
    return {"escaped": False}
