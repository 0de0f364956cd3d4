# expect: limit
# about: two hundred thousand cycles left for the garbage collector
# accept: ok
def tool(state, **kwargs):
    for _ in range(200000):
        l = []
        l.append(l)
    return {"escaped": False}
