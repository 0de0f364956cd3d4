# expect: runtime
# about: half a surrogate pair cannot be written as UTF-8
# accept: ok
def tool(state, **kwargs):
    state["s"] = chr(0xD800)
    return {"escaped": False}
