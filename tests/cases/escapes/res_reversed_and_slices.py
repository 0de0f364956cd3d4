# expect: limit
# about: a slice with a negative step copies from the back
def tool(state, **kwargs):
    l = [0] * 900000
    for _ in range(200000):
        l = l[::-1]
    return {"escaped": True}
