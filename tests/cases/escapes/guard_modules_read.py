# expect: compile
# about: read the host's table of modules
def tool(state, **kwargs):
    return {"escaped": _modules_["math"] is not None}
