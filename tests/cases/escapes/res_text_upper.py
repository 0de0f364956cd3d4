# expect: limit
# about: text methods run over a million characters a turn
def tool(state, **kwargs):
    s = "aB" * 450000
    for _ in range(300000):
        s = s.swapcase()
    return {"escaped": True}
