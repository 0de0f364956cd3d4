# expect: compile
# about: global binds the guard for all functions of the namespace
def tool(state, **kwargs):
    global _tick_
    _tick_ = lambda: True
    return {"escaped": True}
