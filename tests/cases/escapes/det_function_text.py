# expect: runtime
# about: the text of a function holds its address
# accept: compile ok
# harness: compare
def tool(state, **kwargs):
    return {"escaped": False, "v": f"{tool}"}
