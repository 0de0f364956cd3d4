# expect: compile
# about: vars() of a module is its namespace
def tool(state, **kwargs):
    import math
    return {"escaped": "sqrt" in vars(math)}
