# expect: compile
# about: the format method taken from the type and kept in a variable
def tool(state, **kwargs):
    f = str.format
    return {"escaped": "class" in f("{0.__class__}", 1)}
