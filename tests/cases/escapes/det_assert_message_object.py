# expect: runtime
# about: the message of a failed assert is any object
# accept: compile
# harness: compare
def tool(state, **kwargs):
    assert False, tool
