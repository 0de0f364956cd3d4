# expect: runtime
# about: an exception in a comparison during cleanup is written to standard error
# accept: ok compile
def tool(state, **kwargs):
    g = (1 / 0 for _ in [1])
    try:
        list(g)
    except ZeroDivisionError:
        pass
    return {"escaped": False}
