# expect: compile
# about: hash() of a text depends on the seed
# accept: runtime ok
# harness: compare
def tool(state, **kwargs):
    return {"escaped": False, "v": hash("abc")}
