# expect: runtime
# about: a mapping pattern against the host's table view
# view: tables
# accept: compile ok
def tool(state, **kwargs):
    match state.store:
        case {"s": {"id": x}, **rest}:
            rest["new"] = {"id": "new"}
            return {"escaped": "new" in state.store}
    return {"escaped": False}
