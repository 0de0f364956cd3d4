# expect: compile
# about: the type of a handler is computed
def tool(state, **kwargs):
    try:
        while True:
            pass
    except [Exception, KeyError][0]:
        return {"escaped": True}
