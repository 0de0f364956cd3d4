# expect: runtime
# about: a generator that would write to the state after the call
# view: tables
# accept: compile
def tool(state, **kwargs):
    return {"escaped": True, "g": (state.other.clear() for _ in [1])}
