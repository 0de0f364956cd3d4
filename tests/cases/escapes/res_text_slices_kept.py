# expect: limit
# about: slices of a long text kept each turn
def tool(state, **kwargs):
    s = "a" * 900000
    keep = [s[1:] for _ in range(300000)]
    return {"escaped": True}
