# expect: limit
# about: a method handed to sorted as the key is called with the items
# accept: runtime compile
def tool(state, **kwargs):
    return {"escaped": len(sorted([10**10, 10**10 + 1], key="x".zfill)) > 0}
