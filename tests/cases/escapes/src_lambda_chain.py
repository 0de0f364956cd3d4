# expect: compile
# about: a thousand lambdas in one another
# repeat: LAMBDA lambda:_ 1000
def tool(state, **kwargs):
    x = LAMBDA1
    return {"escaped": x is not None}
