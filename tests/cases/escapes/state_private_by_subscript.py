# expect: runtime
# about: the subscript of the state takes computed names: those of its own slots
# view: tables
def tool(state, **kwargs):
    return {"escaped": state["_" + "tables"] is not None}
