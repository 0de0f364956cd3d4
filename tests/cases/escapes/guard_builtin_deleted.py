# expect: compile
# about: del of a builtin that the rewriting may rely on
# accept: runtime limit
def tool(state, **kwargs):
    del len
    return {"escaped": True}
