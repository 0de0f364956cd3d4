# expect: limit
# about: a moderate tab size for a million tabs
# accept: runtime compile
def tool(state, **kwargs):
    keep = [("\t" * 1000000).expandtabs(1000) for _ in range(100)]
    return {"escaped": True}
