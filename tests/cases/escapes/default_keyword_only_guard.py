# expect: compile
# about: a keyword-only parameter named like a guard, its default a harmless function
def tool(state, **kwargs):
    def f(*, _tick_=lambda: True):
        while True:
            pass
    return {"escaped": f() is None}
