# expect: limit
# about: nested map objects
# accept: runtime ok
def tool(state, **kwargs):
    it = [1]
    for _ in range(120000):
        it = map(abs, it)
    return {"escaped": [x for x in it] != [1]}
