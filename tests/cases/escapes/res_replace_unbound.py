# expect: limit
# about: replace called through the type
# accept: runtime compile
def tool(state, **kwargs):
    return {"escaped": len(str.replace("a" * 1000000, "a", "b" * 1000000)) > 0}
