# expect: compile
# about: code as text
def tool(state, **kwargs):
    exec("x = 1")
    return {"escaped": True}
