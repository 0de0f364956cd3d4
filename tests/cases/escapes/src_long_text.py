# expect: compile
# about: a text literal of a million characters
# repeat: LETTERS abcdefghij 100000
# accept: ok
def tool(state, **kwargs):
    x = "LETTERS"
    return {"escaped": False}
