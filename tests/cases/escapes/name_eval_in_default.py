# expect: compile
# about: eval hides in the default of a lambda
def tool(state, **kwargs):
    return {"escaped": (lambda f=eval: f("1"))() == 1}
