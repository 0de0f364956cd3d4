# expect: runtime
# about: the cause of an exception is an arbitrary expression
# accept: compile
def tool(state, **kwargs):
    raise ValueError("x") from tool
