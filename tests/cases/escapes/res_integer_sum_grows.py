# expect: limit
# about: sum with a huge start, and with doubling terms
# accept: runtime
def tool(state, **kwargs):
    l = [1]
    for _ in range(900000):
        l = [sum(l), sum(l)]
    return {"escaped": True}
