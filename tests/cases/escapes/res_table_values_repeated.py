# expect: limit
# about: the rows of a table are copied each time all are asked for
# view: tables
def tool(state, **kwargs):
    for i in range(3000):
        state.other[str(i)] = {"id": str(i)}
    n = 0
    for _ in range(900000):
        n += len(state.other.values())
    return {"escaped": True}
