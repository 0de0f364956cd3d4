# expect: limit
# about: max, min and a key function that returns shared lists
# accept: runtime
# stops: clock
def tool(state, **kwargs):
    a, b = [1], [1]
    for _ in range(60):
        a, b = [a, a], [b, b]
    return {"escaped": max([1, 2], key=lambda n: a if n == 1 else b) in (1, 2)}
