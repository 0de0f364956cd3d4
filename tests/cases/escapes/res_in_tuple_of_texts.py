# expect: limit
# about: `not in` compares a long text with many equal to it but for the end
# stops: clock
def tool(state, **kwargs):
    a = "a" * 500000
    t = (a + "b",) * 100000
    for i in range(100000):
        if a + "c" not in t:
            continue
    return {"escaped": True}
