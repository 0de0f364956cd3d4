# expect: runtime
# about: half a surrogate pair in the reason of a refusal
def tool(state, **kwargs):
    fail("no" + chr(0xD800))
