# expect: compile
# about: a class pattern reads attributes by keyword
# accept: runtime
def tool(state, **kwargs):
    match 1:
        case int(__class__=c):
            return {"escaped": c is not None}
    return {"escaped": False}
