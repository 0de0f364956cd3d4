# expect: runtime
# about: half a surrogate pair in the name of the table of an id
# accept: ok
def tool(state, **kwargs):
    return {"escaped": False, "x": new_id(chr(0xD800))}
