# expect: runtime
# about: a set of functions is ordered by their addresses
# accept: ok compile
# harness: compare
def tool(state, **kwargs):
    fs = {(lambda n: lambda: n)(i) for i in range(30)}
    return {"escaped": False, "v": [f() for f in fs]}
