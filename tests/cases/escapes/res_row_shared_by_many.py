# expect: runtime
# about: a hundred thousand rows that all hold one long list
# view: tables
# accept: limit
def tool(state, **kwargs):
    big = [0] * 900000
    for i in range(100000):
        state.other[str(i)] = {"id": str(i), "big": big}
    return {"escaped": True}
