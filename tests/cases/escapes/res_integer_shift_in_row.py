# expect: limit
# about: a shift on an item of a row, in place
# accept: runtime
def tool(state, **kwargs):
    state["n"] = 1
    for _ in range(60):
        state["n"] <<= 10**9
    return {"escaped": True}
