# expect: compile
# about: a comprehension variable called state takes any object
# tables: mro
# accept: runtime
def tool(state, **kwargs):
    return {"escaped": [len(state.mro()) > 1 for state in [float]][0]}
