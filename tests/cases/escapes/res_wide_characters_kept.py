# expect: limit
# about: each character beyond Latin-1 becomes an object of its own
def tool(state, **kwargs):
    s = "\u4e00\u4e8c" * 450000
    keep = [list(s) for _ in range(1000)]
    keep += [sorted(s) for _ in range(1000)]
    return {"escaped": True}
