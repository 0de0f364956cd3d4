# expect: runtime
# about: a lambda in a row keeps the namespace of the call alive
# accept: compile
def tool(state, **kwargs):
    state["f"] = lambda: state
    return {"escaped": True}
