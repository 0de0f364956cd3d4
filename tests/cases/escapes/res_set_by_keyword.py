# expect: limit
# about: a constructor takes its items by keyword
# accept: runtime compile
def tool(state, **kwargs):
    return {"escaped": len(set(items=range(10**9))) > 0}
