# expect: runtime
# about: the payload is wrapped a thousand times and stored
# accept: limit
def tool(state, **kwargs):
    p = kwargs["payload"]
    for _ in range(1000):
        p = [p]
    state["p"] = p
    return {"escaped": True}
