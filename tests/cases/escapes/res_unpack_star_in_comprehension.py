# expect: limit
# about: the target of a comprehension collects a range
# accept: runtime compile
def tool(state, **kwargs):
    return {"escaped": [len(b) for a, *b in [range(10**9)]] != []}
