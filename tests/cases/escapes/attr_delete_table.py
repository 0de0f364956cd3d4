# expect: compile
# about: del of an attribute of the state
# view: tables
def tool(state, **kwargs):
    del state.store
    return {"escaped": True}
