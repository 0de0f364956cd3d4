# expect: runtime
# about: half a surrogate pair in the result, checked against a schema
# accept: ok
def tool(state, **kwargs):
    return {"escaped": False, "x": chr(0xDFFF)}
