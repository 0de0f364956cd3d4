# expect: limit
# about: the callee is a walrus
# accept: runtime compile
def tool(state, **kwargs):
    return {"escaped": len((f := "x".rjust)(10**10)) > 0}
