# expect: runtime
# about: the message about a wrong call of the state itself
# view: tables
# accept: compile
# harness: compare
def tool(state, **kwargs):
    state(**7)
