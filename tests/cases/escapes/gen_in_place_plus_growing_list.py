# expect: limit
# about: += with a generator over the list itself
# accept: ok
def tool(state, **kwargs):
    l = [1]
    l += (x for x in l)
    return {"escaped": len(l) > 1000}
