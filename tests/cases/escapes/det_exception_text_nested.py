# expect: runtime
# about: an exception inside an exception inside a list hides the address deeper
# accept: compile ok
# harness: compare
def tool(state, **kwargs):
    return {"escaped": False, "v": f"{[KeyError(ValueError([tool]))]}"}
