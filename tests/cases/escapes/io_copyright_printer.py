# expect: compile
# about: the printers that site adds to the builtins read files
def tool(state, **kwargs):
    license()
    return {"escaped": True}
