# expect: runtime
# about: a failed assert carries live objects to the host
# accept: compile
def tool(state, **kwargs):
    assert kwargs.get("nothing"), (tool, state)
