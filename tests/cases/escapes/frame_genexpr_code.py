# expect: compile
# about: a generator expression shows its code
def tool(state, **kwargs):
    return {"escaped": (x for x in [1]).gi_code is not None}
