# expect: compile
# about: the annotation of a parameter is evaluated when the function is defined
# accept: ok
def tool(state, **kwargs):
    seen = []
    def f(x: seen.append("ran")):
        return x
    f(1)
    return {"escaped": seen == ["ran"] and open is not None}
