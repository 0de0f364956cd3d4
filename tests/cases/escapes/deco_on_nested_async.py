# expect: compile
# about: a decorated coroutine function, never awaited, warns from the host's garbage collector
def tool(state, **kwargs):
    async def f():
        return 1
    f()
    return {"escaped": True}
