# expect: runtime
# about: an exception class whose text is made when the host prints it
# accept: compile
def tool(state, **kwargs):
    class E(ValueError):
        def __str__(self):
            return "x" * 10**10
    raise E("small")
