# expect: compile
# about: a pattern captures a type under the name state
# tables: mro
# accept: runtime
def tool(state, **kwargs):
    match float:
        case state:
            return {"escaped": len(state.mro()) > 1}
