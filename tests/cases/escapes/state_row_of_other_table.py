# expect: runtime
# about: a row of one table put into another keeps an alias between tables
# view: tables
# accept: ok
# calls: 2
# state: same
def tool(state, **kwargs):
    if kwargs.get("call", 1) == 1:
        state.other["s"] = state.store["s"]
        return {"escaped": False}
    state.other["s"]["log"].append("x")
    return {"escaped": state.store["s"]["log"] == ["x"]}
