# expect: compile
# about: an exception bound to the name state
# tables: with_traceback
# accept: runtime
def tool(state, **kwargs):
    try:
        1 / 0
    except ZeroDivisionError as state:
        return {"escaped": state.with_traceback is not None}
