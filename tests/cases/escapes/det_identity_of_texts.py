# expect: runtime
# about: `is` on equal texts tells how the interpreter shares them
# accept: ok compile
# harness: compare
def tool(state, **kwargs):
    a = "".join(["a", "b"])
    return {"escaped": False, "v": [a is "ab", a is "".join(["ab"]), "".join([a]) is a]}
