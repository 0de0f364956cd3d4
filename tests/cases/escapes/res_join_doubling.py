# expect: limit
# about: join of two pieces doubles a text without an operator
def tool(state, **kwargs):
    s = "0123456789"
    for _ in range(40):
        s = "".join([s, s])
    return {"escaped": True}
