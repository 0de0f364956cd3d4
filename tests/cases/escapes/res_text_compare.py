# expect: limit
# about: two long texts that differ at the end, compared again and again
# stops: clock
def tool(state, **kwargs):
    a = "a" * 900000 + "x"
    b = "a" * 900000 + "y"
    n = 0
    for _ in range(900000):
        if a < b and a != b:
            n += 1
    return {"escaped": n > 0}
