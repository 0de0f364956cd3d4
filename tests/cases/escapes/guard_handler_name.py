# expect: compile
# about: the exception is bound to a guard's name, and that name is deleted after
def tool(state, **kwargs):
    try:
        1 / 0
    except ZeroDivisionError as _tick_:
        return {"escaped": True}
