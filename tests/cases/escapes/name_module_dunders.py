# expect: compile
# about: the loader and the specification of the enclosing module
def tool(state, **kwargs):
    return {"escaped": __name__ is not None or __spec__ is not None or __loader__ is not None}
