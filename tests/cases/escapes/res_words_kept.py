# expect: limit
# about: splitting a text into short words takes many times its length
def tool(state, **kwargs):
    s = "ab," * 300000
    keep = [s.split(",") for _ in range(10000)]
    keep += [s.rsplit(",") for _ in range(10000)]
    return {"escaped": True}
