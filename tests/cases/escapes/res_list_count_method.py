# expect: limit
# about: list.count and list.index scan in C
def tool(state, **kwargs):
    l = [0] * 900000
    n = 0
    for i in range(300000):
        n += l.count(1)
    return {"escaped": True}
