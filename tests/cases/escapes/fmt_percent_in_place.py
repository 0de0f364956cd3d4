# expect: runtime
# about: the augmented form of % on a text
# accept: compile
def tool(state, **kwargs):
    s = "%s"
    s %= (tool,)
    return {"escaped": "0x" in s}
