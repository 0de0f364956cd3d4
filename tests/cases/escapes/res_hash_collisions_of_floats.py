# expect: limit
# about: NaN keys never equal themselves when made anew
# accept: runtime ok
def tool(state, **kwargs):
    d = {}
    for i in range(100000):
        d[float("nan")] = i
        d[-1] = i
        d[-2] = i
    return {"escaped": False, "v": len(d)}
