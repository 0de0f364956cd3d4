# expect: compile
# about: a sum of nine hundred terms: the parser takes it, a recursive visitor may not
# repeat: TERM 1+ 900
# accept: ok
def tool(state, **kwargs):
    x = TERM1
    return {"escaped": False, "x": x}
