# expect: limit
# about: symmetric_difference builds a set of its argument
# accept: runtime compile
def tool(state, **kwargs):
    return {"escaped": len({"a"}.symmetric_difference(range(10**9))) > 0}
