# expect: limit
# about: an ordinary exception's name rebound to a tuple of types
# accept: compile
def tool(state, **kwargs):
    KeyError = (Exception, ArithmeticError)
    try:
        while True:
            pass
    except KeyError:
        return {"escaped": True}
