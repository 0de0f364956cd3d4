# expect: runtime
# about: one row under two keys
# view: tables
# accept: ok
# calls: 2
# state: same
def tool(state, **kwargs):
    if kwargs.get("call", 1) == 1:
        row = {"id": "a", "n": 0}
        state.other["a"] = row
        state.other["b"] = row
        return {"escaped": False}
    state.other["a"]["n"] = 5
    return {"escaped": state.other["b"]["n"] == 5}
