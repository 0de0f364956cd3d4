# expect: limit
# about: two lists nested a hundred thousand deep are compared
# accept: runtime
def tool(state, **kwargs):
    a, b = [], []
    for _ in range(100000):
        a, b = [a], [b]
    return {"escaped": a == b}
