# expect: limit
# about: the star stands in a nested target, the range in a nested value
# accept: runtime compile
def tool(state, **kwargs):
    a, (b, *c) = 1, range(10**9)
    return {"escaped": len(c) > 1}
