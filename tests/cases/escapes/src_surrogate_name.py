# expect: compile
# about: half a surrogate pair in a name
# repeat: HALF \udc00 1
def tool(state, **kwargs):
    HALFx = 1
    return {"escaped": True}
