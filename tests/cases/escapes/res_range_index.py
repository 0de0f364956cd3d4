# expect: limit
# about: range.index and range.count compare item by item
# accept: runtime ok compile
def tool(state, **kwargs):
    return {"escaped": False, "v": range(10**11).count("x")}
