# expect: runtime
# about: operators on dict views make a built-in set, whose order depends on the hash seed
# accept: ok compile
# harness: compare
def tool(state, **kwargs):
    a = {c: 1 for c in "abcdefghijklm"}
    b = {c: 1 for c in "ghijklmnopqrs"}
    return {"escaped": False, "v": list(a.keys() | b.keys())}
