# expect: compile
# about: memoryview writes into buffers
def tool(state, **kwargs):
    return {"escaped": memoryview(b"x") is not None}
