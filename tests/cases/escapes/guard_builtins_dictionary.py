# expect: compile
# about: the builtins of the namespace by their own name
def tool(state, **kwargs):
    return {"escaped": __builtins__ is not None}
