# expect: limit
# about: remove scans for an item at the end
def tool(state, **kwargs):
    l = [0] * 900000
    for i in range(300000):
        l.append(1)
        l.remove(1)
    return {"escaped": True}
