# expect: limit
# about: the width comes from a spread list
# accept: runtime compile
def tool(state, **kwargs):
    return {"escaped": len("x".center(*[10**10])) > 0}
