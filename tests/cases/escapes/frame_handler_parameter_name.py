# expect: limit
# about: the name of an exception is a parameter of a local function
# accept: compile
def tool(state, **kwargs):
    def f(ValueError):
        try:
            while True:
                pass
        except ValueError:
            return True
    return {"escaped": f(Exception)}
