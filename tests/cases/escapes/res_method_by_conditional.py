# expect: limit
# about: the callee is a conditional expression
# accept: runtime compile
def tool(state, **kwargs):
    return {"escaped": len(("x".center if state else "x".rjust)(10**10)) > 0}
