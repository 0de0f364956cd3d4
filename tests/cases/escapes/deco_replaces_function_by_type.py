# expect: compile
# about: a decorator turns a checked function into a bare type
def tool(state, **kwargs):
    @(lambda f: float)
    def number():
        return 1
    return {"escaped": number("1e3") == 1000.0}
