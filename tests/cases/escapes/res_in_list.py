# expect: limit
# about: `in` runs through a long list in C
# stops: clock
def tool(state, **kwargs):
    l = [0] * 900000
    for i in range(1, 300000):
        if i in l:
            return {"escaped": False}
    return {"escaped": True}
