# expect: limit
# about: a method handed to map
# accept: runtime compile
def tool(state, **kwargs):
    return {"escaped": [len(s) > 0 for s in map("x".ljust, [10**10])] != []}
