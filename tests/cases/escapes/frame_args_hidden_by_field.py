# expect: runtime
# about: a field of an own exception hides the args that the host reads to tell what went wrong
# accept: compile
class Failed(Exception):
    args = 5

def tool(state, **kwargs):
    raise Failed("x")
