# expect: limit
# about: an endless generator consumed by a builtin
# accept: compile
def tool(state, **kwargs):
    def g():
        while True:
            yield 1
    return {"escaped": max(g()) == 1}
