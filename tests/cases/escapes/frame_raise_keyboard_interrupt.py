# expect: compile
# about: KeyboardInterrupt looks like the user
def tool(state, **kwargs):
    raise KeyboardInterrupt
