# expect: runtime
# about: the message about a wrong call of a builtin type, caught and returned
# accept: compile ok
# harness: compare
def tool(state, **kwargs):
    try:
        bool(*len)
    except TypeError as e:
        return {"escaped": False, "v": str(e)}
