# expect: limit
# about: int() in a base that is a power of two reads a million digits in no time
# accept: runtime
def tool(state, **kwargs):
    x = int("f" * 1000000, 16)
    y = int("7" * 500000, 16)
    n = 0
    for _ in range(1000):
        n += x // y % 7
    return {"escaped": True}
