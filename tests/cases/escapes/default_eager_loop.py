# expect: limit
# about: a default is evaluated at definition, a loop with it
# accept: compile
def tool(state, **kwargs):
    def f(x=[0 for _ in range(10**12)]):
        return 1
    return {"escaped": True}
