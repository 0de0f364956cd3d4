# expect: runtime
# about: two halves of a surrogate pair put side by side are still two
# accept: ok
# harness: compare
def tool(state, **kwargs):
    s = chr(0xD83D) + chr(0xDE00)
    state["s"] = s
    return {"escaped": False, "n": len(s)}
