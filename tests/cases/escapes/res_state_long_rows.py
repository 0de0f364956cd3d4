# expect: limit
# about: ten thousand rows of a million characters each, one text shared
# view: tables
# accept: runtime
def tool(state, **kwargs):
    s = "a" * 1000000
    for i in range(10000):
        state.other[str(i)] = {"id": str(i), "s": s + str(i)}
    return {"escaped": True}
