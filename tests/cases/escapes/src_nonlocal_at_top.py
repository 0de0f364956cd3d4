# expect: compile
# about: nonlocal where there is nothing further out
nonlocal state
def tool(state, **kwargs):
    return {"escaped": True}
