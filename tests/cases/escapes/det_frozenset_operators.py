# expect: runtime
# about: chains of set operators, read in order
# accept: ok compile
# harness: compare
def tool(state, **kwargs):
    s = (frozenset("abcdefgh") | set("stuvw")) - {"a"} ^ {"q", "r"}
    return {"escaped": False, "v": [x for x in s], "m": [x for x in s & set("bcq")]}
