# expect: compile
# about: a generator that yields in finally outlives its closing
# accept: limit runtime
def tool(state, **kwargs):
    def g():
        try:
            yield 1
        finally:
            while True:
                yield 2
    for x in g():
        break
    return {"escaped": True}
