# expect: compile
# about: a complex number as a pattern
# accept: ok
def tool(state, **kwargs):
    match 1:
        case 1 + 2j:
            return {"escaped": True}
    return {"escaped": False}
