# expect: limit
# about: a chain of comparisons on shared structures
# accept: runtime
# stops: clock
def tool(state, **kwargs):
    a, b = (1,), (1,)
    for _ in range(60):
        a, b = (a, a), (b, b)
    return {"escaped": a <= b >= a}
