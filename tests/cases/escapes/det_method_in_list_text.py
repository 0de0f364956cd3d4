# expect: runtime
# about: the text of a list holds the address of a method in it
# accept: compile ok
# harness: compare
def tool(state, **kwargs):
    return {"escaped": False, "v": str([1, [].append])}
