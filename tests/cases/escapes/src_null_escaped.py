# expect: runtime
# about: a null character written as an escape, used as a key of the state
# accept: ok
def tool(state, **kwargs):
    state["\0"] = "\0"
    return {"escaped": False, "x": "\0"}
