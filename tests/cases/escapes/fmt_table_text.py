# expect: runtime
# about: the text of a table view
# view: tables
# accept: compile
def tool(state, **kwargs):
    return {"escaped": len(str(state.store)) > 0}
