# expect: compile
# about: a keyword argument and a parameter in other letters meet after normalisation
# accept: ok runtime
def tool(state, **kwargs):
    def f(ｘ):
        return x
    return {"escaped": False, "v": f(x=1)}
