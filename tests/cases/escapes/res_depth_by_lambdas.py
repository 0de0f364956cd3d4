# expect: limit
# about: recursion through the key of min, a comprehension and a lambda in turn
# accept: runtime
def tool(state, **kwargs):
    f = lambda n: min([n], key=lambda m: [f(m + 1) for _ in [1]])
    return {"escaped": f(0) is not None}
