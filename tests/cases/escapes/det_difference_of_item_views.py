# expect: runtime
# about: the difference of item views
# accept: ok compile
# harness: compare
def tool(state, **kwargs):
    a = {c: c for c in "abcdefghijklm"}
    b = {c: c for c in "klm"}
    return {"escaped": False, "v": [k for k, _ in a.items() - b.items()]}
