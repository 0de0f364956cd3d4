# expect: compile
# about: a null character inside a literal
# repeat: NULL \x00 1
# accept: ok
def tool(state, **kwargs):
    x = "aNULLb"
    return {"escaped": False, "x": len(x)}
