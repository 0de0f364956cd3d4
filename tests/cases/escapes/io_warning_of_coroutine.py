# expect: compile
# about: a lambda that awaits
# accept: runtime
def tool(state, **kwargs):
    r = [await x for x in []]
    return {"escaped": True}
