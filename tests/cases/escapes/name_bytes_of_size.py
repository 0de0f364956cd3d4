# expect: compile
# about: bytes(n) takes n bytes at once
def tool(state, **kwargs):
    return {"escaped": len(bytes(10**10)) > 0}
