# expect: limit
# about: the text of a list that holds one long text a hundred thousand times
# accept: runtime
def tool(state, **kwargs):
    s = "a" * 1000000
    return {"escaped": len(f"{[s] * 100000}") > 0}
