# expect: compile
# about: a byte order mark in the middle
# repeat: MARK \ufeff 1
def tool(state, **kwargs):
    MARKx = 1
    return {"escaped": True}
