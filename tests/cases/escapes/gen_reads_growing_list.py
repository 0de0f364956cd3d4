# expect: limit
# about: a generator over a list that the consumer extends
def tool(state, **kwargs):
    l = [1]
    l.extend(x for x in l)
    return {"escaped": True}
