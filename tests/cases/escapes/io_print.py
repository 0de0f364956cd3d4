# expect: runtime
# about: print writes into the host's output
# accept: compile ok
def tool(state, **kwargs):
    print("tool-was-here")
    return {"escaped": False}
