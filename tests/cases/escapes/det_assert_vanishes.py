# expect: runtime
# about: an interpreter started with -O leaves assert out
# accept: compile ok
# harness: compare
def tool(state, **kwargs):
    try:
        assert 1 > 2, "never"
    except AssertionError:
        return {"escaped": False, "v": "checked"}
    return {"escaped": False, "v": "left out"}
