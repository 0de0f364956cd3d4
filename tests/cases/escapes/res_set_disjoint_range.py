# expect: limit
# about: isdisjoint of a set runs through a range
# accept: runtime compile
def tool(state, **kwargs):
    return {"escaped": {"a"}.isdisjoint(range(10**11))}
