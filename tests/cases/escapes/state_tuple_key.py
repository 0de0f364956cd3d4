# expect: runtime
# about: a tuple as a key of a row
def tool(state, **kwargs):
    state[("a", 1)] = 1
    return {"escaped": True}
