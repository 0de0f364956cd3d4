# expect: runtime
# about: an augmented | on a key view rebinds the name to a built-in set
# accept: ok compile
# harness: compare
def tool(state, **kwargs):
    v = {c: 1 for c in "abcdefgh"}.keys()
    v |= {"x", "y"}
    return {"escaped": False, "v": [x for x in v]}
