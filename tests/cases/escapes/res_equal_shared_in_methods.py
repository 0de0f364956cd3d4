# expect: limit
# about: list.index and list.remove compare two shared structures
# accept: runtime
# stops: clock
def tool(state, **kwargs):
    a, b = [1], [1]
    for _ in range(60):
        a, b = [a, a], [b, b]
    return {"escaped": [b].index(a) == 0}
