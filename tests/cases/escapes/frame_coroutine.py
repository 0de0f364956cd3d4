# expect: compile
# about: a coroutine shows its frame
def tool(state, **kwargs):
    async def f():
        return 1
    return {"escaped": f().cr_frame is not None}
