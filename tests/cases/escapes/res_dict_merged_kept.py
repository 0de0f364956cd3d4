# expect: limit
# about: d | d copies through an operator
# accept: runtime
def tool(state, **kwargs):
    d = {i: i for i in range(100000)}
    keep = [d | d for _ in range(100000)]
    return {"escaped": True}
