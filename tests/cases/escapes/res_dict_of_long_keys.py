# expect: limit
# about: keys that are long texts, hashed and compared
# accept: runtime
def tool(state, **kwargs):
    d = {}
    s = "a" * 900000
    for i in range(90000):
        d[s + str(i)] = i
    return {"escaped": True}
