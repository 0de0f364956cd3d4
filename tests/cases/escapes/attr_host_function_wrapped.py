# expect: compile
# about: guards made with partial show the guarded function as .func
def tool(state, **kwargs):
    return {"escaped": str.func is not None or pow.func is not None}
