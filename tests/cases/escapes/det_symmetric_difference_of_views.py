# expect: runtime
# about: ^ of a key view and a list
# accept: ok compile
# harness: compare
def tool(state, **kwargs):
    a = {c: 1 for c in "abcdefgh"}
    return {"escaped": False, "v": "".join(a.keys() ^ ["x", "y", "z", "a"])}
