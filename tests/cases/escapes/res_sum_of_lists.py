# expect: limit
# about: sum of lists copies what it has at every step
# accept: runtime
def tool(state, **kwargs):
    l = [0] * 1000
    return {"escaped": len(sum([l] * 500000, [])) > 0}
