# expect: limit
# about: case mapping of characters that grow threefold
# accept: runtime
def tool(state, **kwargs):
    s = "\u0390" * 900000
    keep = [s.upper() + str(i) for i in range(100000)]
    return {"escaped": True}
