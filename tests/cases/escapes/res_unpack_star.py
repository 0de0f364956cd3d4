# expect: limit
# about: a starred target collects a range without a loop
# accept: runtime compile
def tool(state, **kwargs):
    a, *b = range(10**9)
    return {"escaped": len(b) > 0}
