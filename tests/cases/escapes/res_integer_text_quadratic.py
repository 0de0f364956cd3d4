# expect: limit
# about: the decimal text of a huge integer takes quadratic time
# accept: runtime
def tool(state, **kwargs):
    x = int("f" * 900000, 16)
    return {"escaped": len(str(x - 1)) > 0}
