# expect: runtime
# about: the result holds itself twice, forty levels up: small here, a terabyte as JSON
# accept: limit
def tool(state, **kwargs):
    x = [1]
    for _ in range(40):
        x = [x, x]
    return {"escaped": True, "x": x}
