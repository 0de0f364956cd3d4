# expect: limit
# about: the hash of a tuple that holds itself twice, sixty levels up
# accept: runtime
# stops: clock
def tool(state, **kwargs):
    t = (1,)
    for _ in range(60):
        t = (t, t)
    return {"escaped": len({t: 1}) == 1}
