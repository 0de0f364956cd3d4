# expect: runtime
# about: a generator that would write to the state after the call
# view: tables
# accept: compile ok
def tool(state, **kwargs):
    return {"escaped": False, "g": (state.other.clear() for _ in [1])}
