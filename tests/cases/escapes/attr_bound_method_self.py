# expect: compile
# about: a builtin method knows its object, and builtins know their module
def tool(state, **kwargs):
    return {"escaped": len.__self__ is not None}
