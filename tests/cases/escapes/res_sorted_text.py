# expect: limit
# about: sorted, set and min over a long text
def tool(state, **kwargs):
    s = "ab" * 450000
    for _ in range(20000):
        sorted(s)
        min(s)
    return {"escaped": True}
