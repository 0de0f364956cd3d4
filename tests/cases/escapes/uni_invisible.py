# expect: compile
# about: a zero-width joiner inside a name
# repeat: JOIN \u200d 1
def tool(state, **kwargs):
    opJOINen = 1
    return {"escaped": True}
