# expect: compile
# about: breakpoint starts a debugger in the host
def tool(state, **kwargs):
    breakpoint()
    return {"escaped": True}
