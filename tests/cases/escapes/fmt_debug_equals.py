# expect: runtime
# about: f"{x=}" writes repr(x)
# accept: compile
def tool(state, **kwargs):
    return {"escaped": "0x" in f"{tool=}"}
