# expect: limit
# about: the else clause of a loop in a try that never ends
# accept: compile
def tool(state, **kwargs):
    try:
        while True:
            try:
                raise ValueError
            except ValueError:
                pass
            else:
                break
    except Exception:
        pass
    return {"escaped": True}
