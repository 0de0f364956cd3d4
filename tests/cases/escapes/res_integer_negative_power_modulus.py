# expect: limit
# about: three-argument pow with huge operands
# accept: runtime
def tool(state, **kwargs):
    x = int("f" * 900000, 16)
    return {"escaped": pow(3, x, x) >= 0}
