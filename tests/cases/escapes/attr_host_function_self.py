# expect: compile
# about: the functions of the host are bound methods; their object holds the session
def tool(state, **kwargs):
    return {"escaped": require.__self__ is not None}
