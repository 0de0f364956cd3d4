# expect: limit
# about: the key function of one sort does all the work
def tool(state, **kwargs):
    l = list(range(3000))
    l.sort(key=lambda n: sum(i for i in range(3000)))
    return {"escaped": True}
