# expect: compile
# about: a loop variable called state takes any object
# tables: mro
# accept: runtime
def tool(state, **kwargs):
    for state in [float]:
        return {"escaped": len(state.mro()) > 1}
