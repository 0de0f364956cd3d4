# expect: limit
# about: counting a substring in a long text
def tool(state, **kwargs):
    s = "ab" * 450000
    n = 0
    for _ in range(200000):
        n += s.count("ba")
    return {"escaped": n > 0}
