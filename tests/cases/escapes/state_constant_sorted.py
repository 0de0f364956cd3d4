# expect: runtime
# about: sort, reverse and slice deletion on a constant
# accept: compile ok
# calls: 2
def tool(state, **kwargs):
    first = NAMES[0]
    names = NAMES
    if kwargs.get("call", 1) == 1:
        names.reverse()
    else:
        del names[0:1]
    return {"escaped": first != "a"}
