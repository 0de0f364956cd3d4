# expect: compile
# about: a dict view leads back to its dict as .mapping
# accept: ok runtime
def tool(state, **kwargs):
    m = state.keys().mapping
    return {"escaped": m is not None}
