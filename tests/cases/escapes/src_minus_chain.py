# expect: compile
# about: a hundred thousand signs before a number
# repeat: SIGN - 90000
def tool(state, **kwargs):
    x = SIGN1
    return {"escaped": x == 1}
