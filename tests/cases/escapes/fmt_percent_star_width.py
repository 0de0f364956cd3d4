# expect: runtime
# about: a * in a % format takes the width from the arguments
# accept: limit compile
def tool(state, **kwargs):
    return {"escaped": len("%*d" % (2000000000, 1)) > 0}
