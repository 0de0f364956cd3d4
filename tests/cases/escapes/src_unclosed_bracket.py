# expect: compile
# about: an unclosed bracket swallows what follows
def tool(state, **kwargs):
    return {"escaped": [
