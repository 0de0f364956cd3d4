# expect: compile
# about: a positional-only parameter named like a guard (the kind a visitor forgets)
def tool(state, **kwargs):
    def f(_operate_, /):
        return 2 * 3
    return {"escaped": f(lambda *a: 42) == 42}
