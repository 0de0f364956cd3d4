# expect: limit
# about: split makes half a million texts a turn
def tool(state, **kwargs):
    s = "a," * 450000
    keep = [s.split(",") for _ in range(10000)]
    return {"escaped": True}
