# expect: limit
# about: replacing the empty text inserts everywhere
# accept: runtime compile
def tool(state, **kwargs):
    return {"escaped": len(("a" * 900000).replace("", "b" * 900000)) > 0}
