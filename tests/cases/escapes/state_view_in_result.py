# expect: runtime
# about: the state itself is the result
# view: tables
def tool(state, **kwargs):
    return {"escaped": True, "state": state}
