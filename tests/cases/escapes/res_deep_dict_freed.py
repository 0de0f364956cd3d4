# expect: limit
# about: dicts and tuples nested half a million deep are freed
# accept: ok runtime
def tool(state, **kwargs):
    x = ()
    for _ in range(120000):
        x = ({"x": x},)
    x = None
    return {"escaped": False}
