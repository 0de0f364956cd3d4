# expect: compile
# about: a call of a call of a call
# repeat: CALL () 3000
def tool(state, **kwargs):
    x = toolCALL
    return {"escaped": x == 1}
