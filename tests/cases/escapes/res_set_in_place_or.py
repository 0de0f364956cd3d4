# expect: limit
# about: |= of a set with a range
# accept: runtime compile
def tool(state, **kwargs):
    s = {1}
    s |= range(10**9)
    return {"escaped": len(s) > 1}
