# expect: compile
# about: a type parameter named like a guard
def tool(state, **kwargs):
    def f[_tick_](x):
        return x
    return {"escaped": f(1) == 1}
