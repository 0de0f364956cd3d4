# expect: runtime
# about: the key that is missing explodes when KeyError is written out
# accept: limit
def tool(state, **kwargs):
    x = "a" * 1000000
    return {}[(x,) * 100000]
