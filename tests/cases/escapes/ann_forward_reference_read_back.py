# expect: compile
# about: a text annotation is code for whoever evaluates it; read it back through __annotations__
def tool(state, **kwargs):
    def f(x: "__import__('os').getcwd()"):
        return x
    return {"escaped": "os" in f.__annotations__["x"]}
