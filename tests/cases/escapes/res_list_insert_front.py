# expect: limit
# about: insert at the front moves every item
def tool(state, **kwargs):
    l = [0] * 900000
    for i in range(400000):
        l.insert(0, l.pop(0))
    return {"escaped": True}
