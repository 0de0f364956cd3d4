# expect: limit
# about: copies of a dict kept each turn
def tool(state, **kwargs):
    d = {i: i for i in range(100000)}
    keep = [d.copy() for _ in range(100000)]
    return {"escaped": True}
