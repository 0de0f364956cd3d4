# expect: compile
# about: await and async outside of a coroutine
async def helper():
    return 1
def tool(state, **kwargs):
    return {"escaped": await helper() == 1}
