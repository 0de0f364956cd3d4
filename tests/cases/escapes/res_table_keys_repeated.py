# expect: limit
# about: the truth, the keys and the items of a table
# view: tables
def tool(state, **kwargs):
    for i in range(20000):
        state.other[str(i)] = {"id": str(i)}
    n = 0
    while state.other:
        n += len(state.other.keys()) + len(state.other.items())
    return {"escaped": True}
