# expect: runtime
# about: the row of an aborted call, edited again through an alias made before
# accept: ok compile
# harness: abort-then-probe
def tool(state, **kwargs):
    if kwargs.get("probe"):
        return {"escaped": state["log"] != []}
    alias = state["log"]
    state["log"] = [alias, alias]
    alias.append("hidden")
    return {"escaped": False}
