# expect: limit
# about: enumerate and sorted by keyword
# accept: runtime compile
def tool(state, **kwargs):
    return {"escaped": [1 for _ in enumerate(iterable=range(10**11), start=5)] != []}
