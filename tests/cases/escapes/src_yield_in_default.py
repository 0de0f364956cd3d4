# expect: compile
# about: a yield in the default of a parameter makes the outer function a generator
def tool(state, **kwargs):
    def f(x=(yield 1)):
        return x
    return {"escaped": True}
