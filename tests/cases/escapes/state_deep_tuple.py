# expect: runtime
# about: tuples nest without limit until they are copied
# accept: limit
def tool(state, **kwargs):
    x = ()
    for _ in range(50000):
        x = (x,)
    state["x"] = x
    return {"escaped": True}
