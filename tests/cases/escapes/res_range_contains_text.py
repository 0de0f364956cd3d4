# expect: limit
# about: a text is searched for in a range item by item
# accept: runtime ok compile
# stops: clock
def tool(state, **kwargs):
    return {"escaped": False, "v": "x" in range(10**11)}
