# expect: compile
# about: property and classmethod make descriptors outside of a class
def tool(state, **kwargs):
    return {"escaped": property(lambda s: 1).fget is not None}
