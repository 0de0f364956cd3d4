# expect: compile
# about: a module bound to the name state
# tables: sys
# accept: runtime
def tool(state, **kwargs):
    import datetime as state
    return {"escaped": state.sys is not None}
