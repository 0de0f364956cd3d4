# expect: runtime
# about: a result that contains itself through a list
def tool(state, **kwargs):
    r = {"escaped": True}
    r["l"] = [r]
    return r
