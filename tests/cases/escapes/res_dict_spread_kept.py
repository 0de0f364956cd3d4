# expect: limit
# about: {**d} copies without a call
def tool(state, **kwargs):
    d = {i: i for i in range(100000)}
    keep = [{**d} for _ in range(100000)]
    return {"escaped": True}
