# expect: compile
# about: a starred target named like a guard
def tool(state, **kwargs):
    [*_spread_] = [1]
    return {"escaped": True}
