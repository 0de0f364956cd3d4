# expect: limit
# about: few turns, each sorts eight hundred thousand items in C
def tool(state, **kwargs):
    l = [1, 0] * 400000
    for _ in range(100000):
        l.sort()
        l.reverse()
    return {"escaped": True}
