# expect: compile
# about: the compiler warns on the host's standard error about doubtful source
# accept: ok runtime
def tool(state, **kwargs):
    return {"escaped": False, "v": "\d" + str(1 is 1) + str((1, 2) is ())}
