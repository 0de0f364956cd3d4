# expect: limit
# about: a width in Arabic-Indic digits
# accept: runtime compile
def tool(state, **kwargs):
    return {"escaped": len(f"{1:١٠٠٠٠٠٠٠٠٠}") > 0}
