# expect: runtime
# about: the text of an exception shows its arguments, an address among them
# accept: compile ok
# harness: compare
def tool(state, **kwargs):
    return {"escaped": False, "v": str(ValueError(lambda: 1))}
