# expect: runtime
# about: a constant is put into the state and edited there by the next call
# accept: ok compile
# calls: 2
# state: same
def tool(state, **kwargs):
    if kwargs.get("call", 1) == 1:
        state["names"] = NAMES
        return {"escaped": False}
    state["names"].append("x")
    return {"escaped": "x" in NAMES}
