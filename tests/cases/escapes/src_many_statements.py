# expect: compile
# about: fifty thousand statements on one line
# repeat: PASS pass; 50000
# accept: ok
def tool(state, **kwargs):
    PASS
    return {"escaped": False}
