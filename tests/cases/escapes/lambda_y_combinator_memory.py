# expect: limit
# about: a fixed point combinator that keeps everything it computes
# accept: runtime
def tool(state, **kwargs):
    y = lambda f: (lambda x: x(x))(lambda x: f(lambda *a: x(x)(*a)))
    g = y(lambda self: lambda n, acc: self(n + 1, acc + [n]))
    return {"escaped": g(0, []) is not None}
