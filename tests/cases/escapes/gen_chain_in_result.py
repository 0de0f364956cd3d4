# expect: runtime
# about: the result holds a generator for the host to run
# accept: compile limit
def tool(state, **kwargs):
    return {"escaped": True, "x": (i for i in range(10**12))}
