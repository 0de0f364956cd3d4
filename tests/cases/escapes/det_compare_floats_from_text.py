# expect: runtime
# about: NaN as a key is found by identity only
# accept: ok compile
# harness: compare
def tool(state, **kwargs):
    nan = float("nan")
    d = {nan: 1}
    return {"escaped": False, "v": [nan in d, float("nan") in d, nan in [nan], sorted([3, nan, 1])[0] == 3]}
