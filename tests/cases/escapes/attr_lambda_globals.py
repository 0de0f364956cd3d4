# expect: compile
# about: the globals of a lambda are the namespace of the host's guards
def tool(state, **kwargs):
    f = lambda: 1
    return {"escaped": "_tick_" in f.__globals__}
