# expect: limit
# about: a list nested a million deep is freed
# accept: ok runtime
def tool(state, **kwargs):
    x = []
    for _ in range(120000):
        x = [x]
    x = None
    return {"escaped": False}
