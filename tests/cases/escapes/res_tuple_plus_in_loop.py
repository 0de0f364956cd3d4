# expect: limit
# about: a tuple grown by + copies itself each turn
def tool(state, **kwargs):
    t = ()
    for i in range(900000):
        t = t + (i,)
    return {"escaped": True}
