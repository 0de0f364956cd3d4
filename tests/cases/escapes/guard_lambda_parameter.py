# expect: compile
# about: a lambda whose parameter is the guard that its own body calls
def tool(state, **kwargs):
    f = lambda _tick_: 1
    return {"escaped": f(lambda: True) == 1}
