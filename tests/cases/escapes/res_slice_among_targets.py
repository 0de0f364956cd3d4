# expect: limit
# about: a slice hides among the targets of a tuple assignment
# accept: runtime compile
def tool(state, **kwargs):
    l = [1]
    a, l[:] = 1, range(10**9)
    return {"escaped": len(l) > 1}
