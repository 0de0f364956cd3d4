# expect: limit
# about: a hundred thousand levels of yield from
# accept: compile runtime ok
def tool(state, **kwargs):
    def g(inner):
        yield from inner
    it = [1]
    for _ in range(100000):
        it = g(it)
    return {"escaped": list(it) != [1]}
