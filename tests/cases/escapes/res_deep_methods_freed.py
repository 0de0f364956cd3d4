# expect: limit
# about: bound methods of lists that hold bound methods
# accept: ok runtime
def tool(state, **kwargs):
    f = None
    for _ in range(120000):
        f = [f].append
    f = None
    return {"escaped": False}
