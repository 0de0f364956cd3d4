# expect: runtime
# about: the argument of the exception that ends the tool explodes when written out
# accept: limit
def tool(state, **kwargs):
    x = [1]
    for _ in range(40):
        x = [x, x]
    raise ValueError(x)
