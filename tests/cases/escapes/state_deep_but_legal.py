# expect: runtime
# about: a row just one level deeper than JSON may be here
# accept: limit
def tool(state, **kwargs):
    x = 1
    for _ in range(70):
        x = {"x": x}
    state["x"] = x
    return {"escaped": True}
