# expect: limit
# about: the width of a format is itself an expression
# accept: runtime compile
def tool(state, **kwargs):
    w = 4 * 500000000
    return {"escaped": len(f"{1:{w}}") > 0}
