# expect: limit
# about: the intersection of a key view and a range runs through the range
# accept: runtime compile
def tool(state, **kwargs):
    return {"escaped": len({1: 1}.keys() & range(10**11)) == 1}
