# expect: limit
# about: a float is searched for in a range item by item
# accept: runtime ok compile
# stops: clock
def tool(state, **kwargs):
    return {"escaped": False, "v": 0.5 in range(10**11)}
