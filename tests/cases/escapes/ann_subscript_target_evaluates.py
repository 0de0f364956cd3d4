# expect: limit
# about: the target of a bare annotation is evaluated though nothing is assigned
# accept: compile ok
def tool(state, **kwargs):
    d = {}
    d[sum(1 for _ in range(10**12))]: int
    return {"escaped": True}
