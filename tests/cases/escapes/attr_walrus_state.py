# expect: compile
# about: a walrus binds state to a type
# tables: mro
# accept: runtime
def tool(state, **kwargs):
    if (state := float):
        return {"escaped": len(state.mro()) > 1}
