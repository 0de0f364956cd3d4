# expect: compile
# about: a counter kept on the tool's own function
# accept: runtime
# calls: 2
def tool(state, **kwargs):
    tool.count = 1
    return {"escaped": tool.count == 1}
