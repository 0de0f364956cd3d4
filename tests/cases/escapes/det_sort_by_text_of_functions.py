# expect: runtime
# about: functions sorted by their text come in the order of their addresses
# accept: ok compile
# harness: compare
def tool(state, **kwargs):
    fs = [(lambda n: lambda: n)(i) for i in range(30)]
    return {"escaped": False, "v": [f() for f in sorted(fs, key=repr)]}
