# expect: limit
# about: join called through the type
# accept: runtime compile
def tool(state, **kwargs):
    s = "a" * 1000000
    return {"escaped": len(str.join(s, "x" * 100000)) > 0}
