# expect: limit
# about: a method kept in a list and called from there
# accept: runtime compile
def tool(state, **kwargs):
    l = []
    fs = [l.extend]
    fs[0](range(10**9))
    return {"escaped": len(l) > 0}
