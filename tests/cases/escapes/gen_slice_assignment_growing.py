# expect: limit
# about: a slice of a list is assigned from a generator that appends to that list
# accept: runtime compile ok
def tool(state, **kwargs):
    l = [1]
    l[0:0] = (l.append(x) or x for x in l)
    return {"escaped": True}
