# expect: runtime
# about: a key of the result that explodes in the complaint about it
# accept: limit
def tool(state, **kwargs):
    x = "a" * 1000000
    return {"escaped": True, "x": {(x,) * 100000: 1}}
