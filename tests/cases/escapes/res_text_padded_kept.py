# expect: limit
# about: a pad of one character copies the whole text
def tool(state, **kwargs):
    s = "a" * 999
    keep = ["b" * 900000 for _ in range(3)]
    keep += [keep[0].ljust(900001).rjust(900002) for _ in range(200000)]
    return {"escaped": True}
