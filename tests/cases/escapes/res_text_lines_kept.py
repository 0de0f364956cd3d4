# expect: limit
# about: splitlines and partition copy without a size of their own
def tool(state, **kwargs):
    s = "a\n" * 450000
    keep = []
    for _ in range(10000):
        keep.append(s.splitlines())
        keep.append(s.partition("\n"))
    return {"escaped": True}
