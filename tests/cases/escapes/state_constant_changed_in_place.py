# expect: runtime
# about: every operator and method that changes a list or a mapping, tried on constants
# accept: compile ok
# calls: 2
def tool(state, **kwargs):
    found = [list(NAMES), dict(TABLE)]
    n, t = NAMES, TABLE
    call = kwargs.get("call", 1)
    if call == 1:
        n += ["x"]
    else:
        t |= {"x": 1}
    return {"escaped": found != [["a", "b"], {"rows": [{"id": 1}]}]}
