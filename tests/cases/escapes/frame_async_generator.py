# expect: compile
# about: an asynchronous generator shows its frame
def tool(state, **kwargs):
    async def f():
        yield 1
    return {"escaped": f().ag_frame is not None}
