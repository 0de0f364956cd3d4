# expect: limit
# about: products of the integers behind the largest float
# accept: runtime
def tool(state, **kwargs):
    x = int(1e308)
    for _ in range(60):
        x = x * x
    return {"escaped": True}
