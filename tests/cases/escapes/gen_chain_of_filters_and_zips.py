# expect: limit
# about: filter, zip, enumerate and reversed around one another, consumed by any
# accept: runtime ok
def tool(state, **kwargs):
    it = [1]
    for _ in range(60000):
        it = filter(None, it)
        it = zip(it)
        it = enumerate(it)
    return {"escaped": False, "v": any(it)}
