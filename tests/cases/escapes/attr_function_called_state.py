# expect: compile
# about: a local function called state
# tables: func_globals mro
# accept: runtime
def tool(state, **kwargs):
    def state():
        return 1
    return {"escaped": state.func_globals is not None}
