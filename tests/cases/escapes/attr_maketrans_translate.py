# expect: compile
# about: translate with a table that grows the text a thousandfold
# accept: limit
def tool(state, **kwargs):
    t = str.maketrans({"a": "b" * 10000})
    return {"escaped": len(("a" * 1000000).translate(t)) > 0}
