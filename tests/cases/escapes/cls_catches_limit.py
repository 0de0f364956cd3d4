# expect: compile
# about: a class deriving from BaseException would catch the exception of the limit
# accept: limit
class E(BaseException):
    pass

def tool(state, **kwargs):
    try:
        while True:
            pass
    except BaseException:
        return {"escaped": True}
