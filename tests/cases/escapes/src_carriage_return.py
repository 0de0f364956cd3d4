# expect: compile
# about: a lone carriage return ends a line for Python and not for a reader
# repeat: CR \r 1
def tool(state, **kwargs):
    x = 1  # harmlessCR    import os
    return {"escaped": os.getcwd() is not None}
