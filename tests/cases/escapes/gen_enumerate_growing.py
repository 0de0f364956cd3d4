# expect: limit
# about: enumerate over a list that grows
# accept: ok
def tool(state, **kwargs):
    l = [1]
    for i, x in enumerate(l):
        l.append(i)
    return {"escaped": len(l) > 1000}
