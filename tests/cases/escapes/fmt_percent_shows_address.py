# expect: runtime
# about: %r writes what the f-string guard would refuse
# accept: compile
def tool(state, **kwargs):
    return {"escaped": "0x" in "%r" % tool}
