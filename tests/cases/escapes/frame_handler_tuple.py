# expect: compile
# about: BaseException hidden in a tuple of handler types
def tool(state, **kwargs):
    try:
        while True:
            pass
    except (ValueError, BaseException):
        return {"escaped": True}
