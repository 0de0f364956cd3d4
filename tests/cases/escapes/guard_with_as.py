# expect: compile
# about: with ... as binds a guard
def tool(state, **kwargs):
    with state as _operate_:
        return {"escaped": True}
