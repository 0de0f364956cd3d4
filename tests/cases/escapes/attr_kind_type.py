# expect: compile
# about: the wrapper of a builtin type holds the bare type
def tool(state, **kwargs):
    return {"escaped": list._type is not None}
