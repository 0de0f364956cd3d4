# expect: limit
# about: sets within sets, hashed again at every level
# accept: runtime compile ok
def tool(state, **kwargs):
    s = frozenset([1])
    for _ in range(60):
        s = frozenset([s, (s,)])
    return {"escaped": False, "v": len({s})}
