# expect: runtime
# about: half a surrogate pair as the key of a row
# view: tables
# accept: ok
def tool(state, **kwargs):
    state.other[chr(0xDC00)] = {"id": chr(0xDC00)}
    return {"escaped": False}
