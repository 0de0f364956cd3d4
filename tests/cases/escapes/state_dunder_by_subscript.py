# expect: runtime
# about: the subscript of the state takes computed names: those of every object
# view: tables
def tool(state, **kwargs):
    return {"escaped": state["__cla" + "ss__"] is not None}
