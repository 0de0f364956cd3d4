# expect: compile
# about: ninety lists in one another, twice, within what the parser takes
# repeat: OPEN [ 99
# repeat: CLOSE ] 99
# accept: ok runtime
def tool(state, **kwargs):
    x = [OPENCLOSE, OPENCLOSE]
    return {"escaped": False}
