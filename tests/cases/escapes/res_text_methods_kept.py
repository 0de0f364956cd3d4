# expect: limit
# about: upper, lower, title and strip make new texts
def tool(state, **kwargs):
    s = " aB" * 300000
    keep = [s.title() + s.lower() for _ in range(100000)]
    return {"escaped": True}
