# expect: limit
# about: a generator over a list that the consumer extends
# accept: ok
def tool(state, **kwargs):
    l = [1]
    l.extend(x for x in l)
    return {"escaped": len(l) > 1000}
