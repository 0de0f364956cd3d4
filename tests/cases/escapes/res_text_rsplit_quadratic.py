# expect: limit
# about: splitting from the right at a separator that almost fits everywhere
def tool(state, **kwargs):
    s = "a" * 1000000
    return {"escaped": len(s.rsplit("ab" + "a" * 500000)) == 1}
