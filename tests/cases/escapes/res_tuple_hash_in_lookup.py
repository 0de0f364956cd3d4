# expect: limit
# about: the same hash asked for by a lookup only
# accept: runtime
# stops: clock
def tool(state, **kwargs):
    t = (1,)
    for _ in range(60):
        t = (t, t)
    return {"escaped": {}.get(t) is None}
