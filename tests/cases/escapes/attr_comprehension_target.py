# expect: compile
# about: the variable of a comprehension is an attribute
# accept: runtime
def tool(state, **kwargs):
    r = [1 for tool.x in [5]]
    return {"escaped": tool.x == 5}
