# expect: compile
# about: one parameter twice, found only by the compiler
def tool(state, state2, state2=1, **kwargs):
    return {"escaped": True}
