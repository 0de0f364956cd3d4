# expect: runtime
# about: 0 replaced by False deep in a row is a change although they are equal
# accept: ok
# calls: 2
# state: same
def tool(state, **kwargs):
    if kwargs.get("call", 1) == 1:
        state["deep"] = {"l": [{"n": 0}]}
        return {"escaped": False}
    state["deep"]["l"][0]["n"] = False
    return {"escaped": state["deep"]["l"][0]["n"] is not False}
