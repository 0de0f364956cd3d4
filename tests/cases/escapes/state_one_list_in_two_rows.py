# expect: runtime
# about: one list in two rows; a later edit of one must not change the other
# view: tables
# accept: ok
# calls: 2
# state: same
def tool(state, **kwargs):
    if kwargs.get("call", 1) == 1:
        l = []
        state.other["a"] = {"id": "a", "l": l}
        state.other["b"] = {"id": "b", "l": l}
        return {"escaped": False}
    state.other["a"]["l"].append("x")
    return {"escaped": state.other["b"]["l"] == ["x"]}
