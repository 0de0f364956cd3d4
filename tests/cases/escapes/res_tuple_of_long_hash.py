# expect: limit
# about: a tuple of a million items hashed a million times
# accept: runtime
# stops: clock
def tool(state, **kwargs):
    t = (1, 2) * 450000
    n = 0
    for _ in range(300000):
        n += 1 if t in {} else 0
    return {"escaped": n == 0}
