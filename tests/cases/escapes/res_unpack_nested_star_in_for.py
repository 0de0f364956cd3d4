# expect: limit
# about: the same in the target of a loop
# accept: runtime compile
def tool(state, **kwargs):
    for a, (b, *c) in [(1, range(10**9))]:
        return {"escaped": len(c) > 1}
