# expect: runtime
# about: a function that keeps the view in a default leaves through the exception
# view: tables
# accept: compile
def tool(state, **kwargs):
    raise KeyError(lambda s=state: s.other.clear())
