# expect: compile
# about: the body redefines the names that the host calls it by
# accept: ok runtime
def attack(state, **kwargs):
    return {"escaped": False}
def tool(state, **kwargs):
    return attack(state)
