# expect: compile
# about: call a guard directly
def tool(state, **kwargs):
    return {"escaped": _operate_("+", 1, 2) == 3}
