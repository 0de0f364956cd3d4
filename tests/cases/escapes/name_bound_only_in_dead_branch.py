# expect: runtime
# about: a builtin that the dialect lacks is bound in a branch that never runs, then read
# accept: compile
def tool(state, **kwargs):
    if False:
        eval = None
    return {"escaped": eval("1") == 1}
