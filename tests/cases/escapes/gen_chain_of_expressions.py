# expect: limit
# about: two hundred thousand generator expressions around one another crash when started or freed
# accept: runtime ok
def tool(state, **kwargs):
    it = [1]
    for _ in range(120000):
        it = (x for x in it)
    return {"escaped": list(it) != [1]}
