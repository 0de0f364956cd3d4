# expect: compile
# about: a generator expression shows its frame
def tool(state, **kwargs):
    return {"escaped": (x for x in [1]).gi_frame is not None}
