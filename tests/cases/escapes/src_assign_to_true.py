# expect: compile
# about: assignment to keywords and to calls
def tool(state, **kwargs):
    True = False
    return {"escaped": True}
