# expect: compile
# about: an augmented assignment keeps a counter on a function
# accept: runtime
# calls: 2
def tool(state, **kwargs):
    tool.n += 1
    return {"escaped": tool.n > 1}
