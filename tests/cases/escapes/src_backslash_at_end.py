# expect: compile
# about: a continuation at the very end joins the next line of the host
# accept: ok
def tool(state, **kwargs):
    return {"escaped": False} \
