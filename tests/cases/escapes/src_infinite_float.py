# expect: runtime
# about: a float literal beyond the largest is infinity
# accept: compile
def tool(state, **kwargs):
    state["v"] = 1e999
    return {"escaped": True}
