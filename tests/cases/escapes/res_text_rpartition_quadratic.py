# expect: limit
# about: rpartition searches as rfind does
def tool(state, **kwargs):
    s = "a" * 800000
    return {"escaped": s.rpartition("ab" + "a" * 400000)[0] == ""}
