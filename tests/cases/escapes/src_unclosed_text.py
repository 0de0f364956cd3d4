# expect: compile
# about: an unclosed text swallows what follows
def tool(state, **kwargs):
    return {"escaped": '''False}
