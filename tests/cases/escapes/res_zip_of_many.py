# expect: limit
# about: zip of a hundred thousand lists
# accept: runtime
def tool(state, **kwargs):
    l = [[0] * 100000] * 100000
    return {"escaped": len([1 for _ in zip(*l)]) > 0}
