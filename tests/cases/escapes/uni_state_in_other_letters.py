# expect: compile
# about: the name state in other letters is the name state
# tables: mro
# accept: runtime
def tool(state, **kwargs):
    f = lambda ｓｔａｔｅ: state.mro
    return {"escaped": len(f(float)()) > 1}
