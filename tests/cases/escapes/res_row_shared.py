# expect: runtime
# about: a row that holds itself twice, forty levels up
# accept: limit
def tool(state, **kwargs):
    x = [1]
    for _ in range(40):
        x = {"l": x, "r": x}
    state["x"] = x
    return {"escaped": True}
