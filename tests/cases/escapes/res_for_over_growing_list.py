# expect: limit
# about: a loop over a list that its body extends
def tool(state, **kwargs):
    l = [0]
    for x in l:
        l.append(x)
    return {"escaped": True}
