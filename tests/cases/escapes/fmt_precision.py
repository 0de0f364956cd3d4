# expect: limit
# about: a huge precision instead of a width
# accept: runtime compile
def tool(state, **kwargs):
    return {"escaped": len(f"{1.5:.999999999f}") > 0}
