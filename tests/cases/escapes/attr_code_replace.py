# expect: compile
# about: swap the code object of a checked function for another's
def tool(state, **kwargs):
    def f():
        return 1
    f.__code__ = f.__code__.replace(co_consts=(None, 42))
    return {"escaped": f() == 42}
