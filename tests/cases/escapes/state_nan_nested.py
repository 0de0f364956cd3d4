# expect: runtime
# about: NaN deep in a row
def tool(state, **kwargs):
    state["a"] = [{"b": [1.0, float("nan")]}]
    return {"escaped": True}
