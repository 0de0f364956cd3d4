# expect: limit
# about: two dicts, each holding the one before twice, are compared
# accept: runtime
# stops: clock
def tool(state, **kwargs):
    a, b = {"x": 1}, {"x": 1}
    for _ in range(60):
        a, b = {"l": a, "r": a}, {"l": b, "r": b}
    return {"escaped": a == b}
