# expect: limit
# about: a slice of a list is assigned a range
# accept: runtime compile
def tool(state, **kwargs):
    l = [1]
    l[:] = range(10**9)
    return {"escaped": len(l) > 0}
