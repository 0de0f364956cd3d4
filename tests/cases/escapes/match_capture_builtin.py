# expect: runtime
# about: a capture pattern rebinds a builtin for the whole function
# accept: compile ok
def tool(state, **kwargs):
    match (lambda x: 0):
        case len:
            return {"escaped": False, "v": len("abc")}
