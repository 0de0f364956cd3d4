# expect: limit
# about: the length of a table with many new rows, asked for again and again
# view: tables
def tool(state, **kwargs):
    for i in range(50000):
        state.other[str(i)] = {"id": str(i)}
    n = 0
    for _ in range(900000):
        n += len(state.other)
    return {"escaped": True}
