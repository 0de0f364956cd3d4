# expect: limit
# about: subtraction doubles too: x - (-x)
# accept: runtime
def tool(state, **kwargs):
    x = 1
    for _ in range(900000):
        x = x - (0 - x)
    return {"escaped": True}
