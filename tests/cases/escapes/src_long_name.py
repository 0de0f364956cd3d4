# expect: compile
# about: a name of two hundred thousand letters
# repeat: NAME abcdefghij 20000
# accept: ok
def tool(state, **kwargs):
    NAME = 1
    return {"escaped": False}
