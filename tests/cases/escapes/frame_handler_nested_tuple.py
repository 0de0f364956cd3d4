# expect: compile
# about: a tuple in a tuple of handler types
def tool(state, **kwargs):
    try:
        while True:
            pass
    except (ValueError, (KeyError, BaseException)):
        return {"escaped": True}
