# expect: compile
# about: the decorator writes before the function is called
# accept: ok
# harness: abort-then-probe
def tool(state, **kwargs):
    if kwargs.get("probe"):
        return {"escaped": "deco" in state}
    @(lambda f: state.update({"deco": 1}))
    def f():
        return 1
    return {"escaped": False}
