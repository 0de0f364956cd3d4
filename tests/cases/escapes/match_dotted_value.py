# expect: compile
# about: a dotted value pattern reads an attribute of the state
def tool(state, **kwargs):
    match 1:
        case state.__class__:
            return {"escaped": True}
    return {"escaped": False}
