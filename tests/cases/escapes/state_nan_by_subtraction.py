# expect: runtime
# about: NaN made by arithmetic on literals
# accept: compile
def tool(state, **kwargs):
    return {"escaped": True, "x": 1e308 * 10 - 1e308 * 10}
