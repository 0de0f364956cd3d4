# expect: limit
# about: a constructor takes a long text apart, uncounted because it is plain
def tool(state, **kwargs):
    s = "a" * 900000
    keep = [list(s) for _ in range(10000)]
    return {"escaped": True}
