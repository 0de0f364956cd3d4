# expect: limit
# about: many directives, each of the largest width allowed
# accept: runtime
def tool(state, **kwargs):
    n = 400000
    return {"escaped": len("%1000d" * n % tuple([1] * n)) > 0}
