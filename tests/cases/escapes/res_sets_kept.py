# expect: limit
# about: sets and dicts of a range take far more memory than the range
def tool(state, **kwargs):
    l = range(900000)
    keep = [set(l) for _ in range(1000)]
    keep += [dict.fromkeys(l) for _ in range(1000)]
    return {"escaped": True}
