# expect: runtime
# about: 1 replaced by True is a change although they are equal
# accept: ok
# calls: 2
# state: same
def tool(state, **kwargs):
    if kwargs.get("call", 1) == 1:
        state["n"] = True
        return {"escaped": False}
    return {"escaped": state["n"] is not True}
