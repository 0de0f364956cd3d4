# expect: limit
# about: integers that share their hash make a dict quadratic
# accept: runtime ok
# stops: clock
def tool(state, **kwargs):
    m = 2**61 - 1
    d = {i * m: i for i in range(60000)}
    n = 0
    for k in d:
        n += 1 if k in d else 0
    return {"escaped": False, "v": n}
