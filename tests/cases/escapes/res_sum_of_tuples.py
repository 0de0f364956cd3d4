# expect: limit
# about: sum of one long tuple many times
# accept: runtime
def tool(state, **kwargs):
    t = (0,) * 900000
    return {"escaped": len(sum([t] * 50000, ())) > 0}
