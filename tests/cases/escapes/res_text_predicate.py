# expect: limit
# about: predicates scan the whole text and make nothing
# stops: clock
def tool(state, **kwargs):
    s = "a" * 900000
    n = 0
    for _ in range(300000):
        if s.isalnum() and s.islower():
            n += 1
    return {"escaped": n > 0}
