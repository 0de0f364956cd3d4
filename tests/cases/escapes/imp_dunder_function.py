# expect: compile
# about: the function behind the import statement
def tool(state, **kwargs):
    return {"escaped": __import__("os") is not None}
