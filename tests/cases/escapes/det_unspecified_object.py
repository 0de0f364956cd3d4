# expect: runtime
# about: the marker of an unspecified value takes a reason, here a lambda
# accept: compile ok
# harness: compare
def tool(state, **kwargs):
    return {"escaped": False, "v": unspecified(lambda: 1)}
