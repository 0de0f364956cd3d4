# expect: compile
# about: a loop variable named like a guard
def tool(state, **kwargs):
    for _tick_ in [lambda: True]:
        pass
    return {"escaped": True}
