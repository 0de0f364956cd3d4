# expect: compile
# about: a tower of powers leans to the right
# repeat: TERM 1** 2000
# accept: limit
def tool(state, **kwargs):
    x = TERM1
    return {"escaped": x == 1}
