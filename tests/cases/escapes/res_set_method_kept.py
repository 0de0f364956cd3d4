# expect: limit
# about: a consuming method kept in a variable is called without its guard
# accept: runtime compile
def tool(state, **kwargs):
    union = {1}.union
    return {"escaped": len(union(range(10**9))) > 0}
