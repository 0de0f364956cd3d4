# expect: limit
# about: RecursionError is a RuntimeError; catch it and recurse again
# accept: runtime
def tool(state, **kwargs):
    def f():
        while True:
            try:
                f()
            except RuntimeError:
                pass
    f()
    return {"escaped": True}
