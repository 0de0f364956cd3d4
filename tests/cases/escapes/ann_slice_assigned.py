# expect: limit
# about: an annotated assignment to a slice takes in a range
# accept: runtime compile
def tool(state, **kwargs):
    l = [1]
    l[0:0]: list = range(10**9)
    return {"escaped": len(l) > 1}
