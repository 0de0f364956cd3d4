# expect: limit
# about: sets within sets, hashed again at every level
# accept: runtime compile
def tool(state, **kwargs):
    s = frozenset([1])
    for _ in range(60):
        s = frozenset([s, (s,)])
    return {"escaped": len({s}) == 1}
