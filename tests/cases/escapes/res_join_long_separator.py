# expect: limit
# about: the separator is what is long
def tool(state, **kwargs):
    s = "a" * 1000000
    return {"escaped": len(s.join(["x"] * 100000)) > 0}
