# expect: limit
# about: sets nested through tuples are freed
# accept: ok runtime
def tool(state, **kwargs):
    x = []
    for _ in range(120000):
        s = {1}
        s.add(2)
        x = [s, x]
    x = None
    return {"escaped": False}
