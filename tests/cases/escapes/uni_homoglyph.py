# expect: compile
# about: a Cyrillic letter makes another name that looks the same
# accept: runtime
def tool(state, **kwargs):
    return {"escaped": оpen("/etc/hostname") is not None}
