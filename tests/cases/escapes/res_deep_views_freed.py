# expect: limit
# about: dict views that hold dicts that hold dict views
# accept: ok runtime
def tool(state, **kwargs):
    x = 1
    for _ in range(120000):
        x = {1: x}.values()
    x = None
    return {"escaped": False}
