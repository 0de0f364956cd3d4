# expect: limit
# about: copy() of a list kept each turn
def tool(state, **kwargs):
    l = [0] * 900000
    keep = []
    for _ in range(20000):
        keep.append(l.copy())
    return {"escaped": True}
