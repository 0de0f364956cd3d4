# expect: limit
# about: the condition of a loop does the work
def tool(state, **kwargs):
    l = [0] * 900000
    i = 1
    while 0 < i < 900000 and i not in l and l == l[:]:
        i += 1
    return {"escaped": True}
