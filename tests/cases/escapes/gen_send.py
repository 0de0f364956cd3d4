# expect: compile
# about: values sent into a generator
def tool(state, **kwargs):
    def g():
        x = yield 1
        yield x
    it = g()
    it.send(None)
    return {"escaped": it.send(open) is not None}
