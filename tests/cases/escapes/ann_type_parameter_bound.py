# expect: compile
# about: a lazily evaluated bound of a type parameter (PEP 695) hides code
def tool(state, **kwargs):
    def f[T: open("/etc/hostname")](x: T):
        return f.__type_params__[0].__bound__
    return {"escaped": f(1) is not None}
