# expect: runtime
# about: None as a key of the result
def tool(state, **kwargs):
    return {"escaped": True, None: 1}
