# expect: compile
# about: an attribute hides in a nested unpacking target
# accept: runtime
def tool(state, **kwargs):
    (a, (b, tool.c)) = (1, (2, 3))
    return {"escaped": tool.c == 3}
