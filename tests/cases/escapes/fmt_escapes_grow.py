# expect: limit
# about: repr of unprintable characters grows tenfold each time it is nested
# accept: runtime
def tool(state, **kwargs):
    s = "\\'\""
    for _ in range(60):
        s = repr([s])
    return {"escaped": True}
