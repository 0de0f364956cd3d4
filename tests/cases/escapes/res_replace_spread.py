# expect: limit
# about: the arguments of replace are spread
# accept: runtime compile
def tool(state, **kwargs):
    return {"escaped": len(("a" * 1000000).replace(*["a", "b" * 1000000])) > 0}
