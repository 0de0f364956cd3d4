# expect: limit
# about: the text of the largest integer, a million times
# accept: runtime
def tool(state, **kwargs):
    x = 2**4090
    n = 0
    for i in range(900000):
        n += len(str(x - i)) + int("7" * 1200)
    return {"escaped": True}
