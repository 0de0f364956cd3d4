# expect: limit
# about: a slice as the target of a loop
# accept: runtime compile
def tool(state, **kwargs):
    l = [1]
    for l[0:0] in [range(10**9)]:
        pass
    return {"escaped": len(l) > 1}
