# expect: compile
# about: a line without indentation tries to leave the function that the body becomes
def tool(state, **kwargs):
    return {"escaped": False}
  x = 1
