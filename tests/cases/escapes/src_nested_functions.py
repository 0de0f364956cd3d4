# expect: compile
# about: a hundred functions in one another exceed the indentation that the parser takes
# accept: ok
# repeat: DEEP (lambda_x=(lambda:_0):_[x, 60
# repeat: PEED ][0])() 60
def tool(state, **kwargs):
    x = DEEP1PEED
    return {"escaped": False}
