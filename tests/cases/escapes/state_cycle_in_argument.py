# expect: runtime
# about: the argument is made to contain itself and returned
# accept: compile
def tool(state, **kwargs):
    kwargs["payload"].append(kwargs["payload"])
    return {"escaped": True, "x": kwargs["payload"]}
