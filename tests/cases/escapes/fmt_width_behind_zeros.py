# expect: limit
# about: leading zeros push the digits of a huge width out of a fixed-size match
# accept: runtime compile
def tool(state, **kwargs):
    return {"escaped": len(f"{1:000001000000000}") > 0}
