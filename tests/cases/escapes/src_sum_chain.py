# expect: compile
# about: a sum of ten thousand terms leans to the left
# repeat: TERM 1+ 10000
# accept: ok
def tool(state, **kwargs):
    x = TERM1
    return {"escaped": False, "x": x}
