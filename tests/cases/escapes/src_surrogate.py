# expect: compile
# about: half a surrogate pair in the source itself
# repeat: HALF \ud800 1
def tool(state, **kwargs):
    x = "HALF"
    return {"escaped": len(x) == 1}
