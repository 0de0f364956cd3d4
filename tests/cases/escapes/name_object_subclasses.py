# expect: compile
# about: every class of the process from object
def tool(state, **kwargs):
    return {"escaped": len(object.__subclasses__()) > 0}
