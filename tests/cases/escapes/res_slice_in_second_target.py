# expect: limit
# about: a chained assignment, the second target a slice
# accept: runtime compile
def tool(state, **kwargs):
    l = [1]
    a = l[:] = range(10**9)
    return {"escaped": len(l) > 1}
