# expect: compile
# about: a starred expression where none may stand
def tool(state, **kwargs):
    *state
    return {"escaped": True}
