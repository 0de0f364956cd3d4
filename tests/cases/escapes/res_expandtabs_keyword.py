# expect: limit
# about: the tab size is given by keyword
# accept: runtime compile
def tool(state, **kwargs):
    return {"escaped": len("\t".expandtabs(tabsize=2 * 10**9)) > 0}
