# expect: limit
# about: range minus set, through the reflected operator
# accept: runtime compile
def tool(state, **kwargs):
    return {"escaped": len(range(10**9) - {1}) > 0}
