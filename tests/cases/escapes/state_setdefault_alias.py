# expect: runtime
# about: the default of setdefault stays an alias of the row
# view: tables
# accept: ok
# calls: 2
# state: same
def tool(state, **kwargs):
    if kwargs.get("call", 1) == 1:
        row = {"id": "n", "l": []}
        state.other.setdefault("n", row)
        state.other.setdefault("m", row)
        return {"escaped": False}
    state.other["n"]["l"].append(1)
    return {"escaped": state.other["m"]["l"] == [1]}
