# expect: compile
# about: __format__ called directly
def tool(state, **kwargs):
    return {"escaped": len((1).__format__("999999999")) > 0}
