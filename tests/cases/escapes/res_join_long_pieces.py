# expect: limit
# about: join of one long text many times
def tool(state, **kwargs):
    s = "a" * 1000000
    return {"escaped": len("".join([s] * 100000)) > 0}
