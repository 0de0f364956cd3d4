# expect: compile
# about: a yield at the top of the body makes the whole call lazy: nothing runs, nothing is checked
# accept: runtime
def tool(state, **kwargs):
    return {"escaped": True}
yield 1
