# expect: compile
# about: the format builtin with a spec
def tool(state, **kwargs):
    return {"escaped": len(format(1, "999999999d")) > 0}
