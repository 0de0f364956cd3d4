# expect: limit
# about: a slice is extended in place
# accept: runtime compile
def tool(state, **kwargs):
    l = [1]
    for _ in range(40):
        l[0:1] += l
    return {"escaped": True}
