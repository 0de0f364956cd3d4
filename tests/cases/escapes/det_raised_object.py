# expect: runtime
# about: the message of the failure itself holds an address
# accept: compile
# harness: compare
def tool(state, **kwargs):
    raise ValueError(tool)
