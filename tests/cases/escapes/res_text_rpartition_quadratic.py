# expect: limit
# about: rpartition searches as rfind does
def tool(state, **kwargs):
    s = "ab" * 400000
    return {"escaped": s.rpartition("bb" + "ab" * 200000)[0] == ""}
