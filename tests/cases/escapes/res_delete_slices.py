# expect: limit
# about: deleting and restoring the front of a long list
def tool(state, **kwargs):
    l = [0] * 900000
    for _ in range(400000):
        del l[0:1]
        l.append(0)
    return {"escaped": True}
