# expect: limit
# about: every turn keeps a full copy of a long list
def tool(state, **kwargs):
    l = [0] * 900000
    keep = [l[:] for _ in range(20000)]
    return {"escaped": True}
