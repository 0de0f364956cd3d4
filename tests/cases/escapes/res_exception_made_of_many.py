# expect: limit
# about: an exception called with a spread list keeps a tuple of it, a hundred thousand times
def tool(state, **kwargs):
    l = [0] * 900000
    keep = [ValueError(*l) for _ in range(100000)]
    return {"escaped": True}
