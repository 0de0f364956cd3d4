# expect: limit
# about: a tuple of constants repeated, folded by the compiler
# accept: compile runtime
def tool(state, **kwargs):
    x = ((((0,) * 200,) * 200,) * 200,) * 10**9
    return {"escaped": len(x) > 0}
