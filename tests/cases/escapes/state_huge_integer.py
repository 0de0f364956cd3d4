# expect: runtime
# about: an integer that JSON readers cannot take
# accept: limit
def tool(state, **kwargs):
    state["n"] = 2**4095 + 2**4095
    return {"escaped": True}
