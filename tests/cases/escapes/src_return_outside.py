# expect: compile
# about: statements where they have no meaning, found only by the compiler
def tool(state, **kwargs):
    break
    return {"escaped": True}
