# expect: compile
# about: __debug__ tells how the interpreter was started
def tool(state, **kwargs):
    return {"escaped": __debug__ in (True, False)}
