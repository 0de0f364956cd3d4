# expect: compile
# about: an annotated assignment sets an attribute of a function
# accept: runtime
def tool(state, **kwargs):
    tool.kept: int = 5
    return {"escaped": tool.kept == 5}
