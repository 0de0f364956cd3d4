# expect: limit
# about: a text in a row grown by += copies itself each turn
def tool(state, **kwargs):
    state["s"] = "a" * 900000
    for i in range(900000):
        state["s"] += "b"
        state["s"] = state["s"][1:]
    return {"escaped": True}
