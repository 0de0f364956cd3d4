# expect: compile
# about: a comprehension variable named like the guard that the comprehension calls
def tool(state, **kwargs):
    return {"escaped": len([1 for _tick_ in [lambda: True]]) == 1}
