# expect: runtime
# about: the key of a new row explodes in the complaint about it
# view: tables
# accept: limit
def tool(state, **kwargs):
    x = "a" * 1000000
    state.other[(x,) * 100000] = {"id": "x"}
    return {"escaped": True}
