# expect: compile
# about: input waits for the host's terminal
def tool(state, **kwargs):
    return {"escaped": input() is not None}
