# expect: limit
# about: pairs take far more memory than the items they are made of
def tool(state, **kwargs):
    l = range(1000000)
    keep = [zip(l, l) for _ in range(1000)]
    keep += [enumerate(l) for _ in range(1000)]
    return {"escaped": True}
