# expect: limit
# about: one search from the right compares everywhere: five hundred billion steps
def tool(state, **kwargs):
    s = "a" * 1000000
    return {"escaped": s.rfind("ab" + "a" * 500000) == -1}
