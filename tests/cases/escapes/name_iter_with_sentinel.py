# expect: compile
# about: iter(f, x) calls f until it returns x
# accept: limit
def tool(state, **kwargs):
    return {"escaped": 1 in iter(lambda: 0, 2)}
