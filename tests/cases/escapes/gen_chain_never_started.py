# expect: limit
# about: the same chain only freed, never run
# accept: runtime ok
def tool(state, **kwargs):
    it = [1]
    for _ in range(120000):
        it = (x for x in it)
    it = None
    return {"escaped": False}
