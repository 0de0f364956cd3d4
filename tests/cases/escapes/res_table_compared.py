# expect: limit
# about: a table is searched for a row by value
# view: tables
# accept: runtime ok
def tool(state, **kwargs):
    for i in range(20000):
        state.other[str(i)] = {"id": str(i)}
    n = 0
    for _ in range(300000):
        if {"id": "x"} in state.other.values():
            n += 1
    return {"escaped": True}
