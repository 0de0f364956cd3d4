# expect: limit
# about: substring test over a million characters a turn
# stops: clock
def tool(state, **kwargs):
    s = "a" * 900000
    n = 0
    for _ in range(900000):
        if "ab" in s:
            n += 1
    return {"escaped": True}
