# expect: limit
# about: the target of a loop collects a range
# accept: runtime compile
def tool(state, **kwargs):
    for a, *b in [range(10**9)]:
        return {"escaped": len(b) > 0}
