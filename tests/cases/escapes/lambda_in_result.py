# expect: runtime
# about: a lambda in the result for the host to call
# accept: compile
def tool(state, **kwargs):
    return {"escaped": True, "x": lambda: 1}
