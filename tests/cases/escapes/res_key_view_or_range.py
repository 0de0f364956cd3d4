# expect: limit
# about: the union of a key view and a range takes memory for every item
# accept: runtime compile
def tool(state, **kwargs):
    return {"escaped": len({1: 1}.keys() | range(10**9)) > 1}
