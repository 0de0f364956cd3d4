# expect: compile
# about: a bytes literal repeated
# accept: runtime limit
def tool(state, **kwargs):
    return {"escaped": len(b"a" * 10**10) > 0}
