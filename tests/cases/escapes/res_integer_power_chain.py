# expect: limit
# about: powers of powers through augmented assignment
# accept: runtime
def tool(state, **kwargs):
    x = 3
    for _ in range(60):
        x **= 3
    return {"escaped": x > 0}
