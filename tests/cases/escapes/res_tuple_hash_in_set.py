# expect: limit
# about: the same hash asked for by a set display, a membership test and Counter
# accept: runtime
# stops: clock
def tool(state, **kwargs):
    t = ("x",)
    for _ in range(60):
        t = (t, t)
    return {"escaped": t not in set()}
