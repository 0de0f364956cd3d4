# expect: compile
# about: a starred assignment target is an attribute
# accept: runtime
def tool(state, **kwargs):
    *tool.rest, last = [1, 2, 3]
    return {"escaped": tool.rest == [1, 2]}
