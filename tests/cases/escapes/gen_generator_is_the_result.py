# expect: runtime
# about: the result is a lazy map that would run in the host
# accept: compile limit
def tool(state, **kwargs):
    return map(lambda i: {"escaped": True}, range(10**12))
