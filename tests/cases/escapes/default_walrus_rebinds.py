# expect: compile
# about: a walrus in a default rebinds a name that guards could rely on
# accept: ok runtime
def tool(state, **kwargs):
    def f(x=(isinstance := (lambda o, t: True))):
        return 1
    return {"escaped": f() == 1 and isinstance(1, str) and "_tick_" in f.__globals__}
