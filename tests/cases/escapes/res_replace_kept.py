# expect: limit
# about: replace kept in a variable
# accept: runtime compile
def tool(state, **kwargs):
    f = ("a" * 1000000).replace
    return {"escaped": len(f("a", "b" * 1000000)) > 0}
