# expect: runtime
# about: a local called like a builtin is deleted so that the lookup might fall through
# accept: compile
def tool(state, **kwargs):
    vars = 1
    del vars
    return {"escaped": vars() is not None}
