# expect: limit
# about: isdisjoint of a key view runs through a range
# accept: runtime compile ok
def tool(state, **kwargs):
    return {"escaped": {"a": 1}.keys().isdisjoint(range(10**11))}
