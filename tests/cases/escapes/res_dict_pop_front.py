# expect: limit
# about: the first key of a dict is looked for past all deleted ones
# accept: ok runtime
def tool(state, **kwargs):
    d = {i: i for i in range(100000)}
    n = 0
    while d:
        for k in d:
            break
        d.pop(k)
        n += 1
    return {"escaped": False, "v": n}
