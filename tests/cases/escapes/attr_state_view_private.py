# expect: compile
# about: the private slots of the state view reach the State
# view: tables
def tool(state, **kwargs):
    return {"escaped": state._state is not None}
