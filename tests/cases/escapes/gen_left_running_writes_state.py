# expect: runtime
# about: a generator half consumed writes to the state when it is freed
# accept: compile ok
# harness: abort-then-probe
def tool(state, **kwargs):
    if kwargs.get("probe"):
        return {"escaped": "late" in state}
    g = (state.update({"late": x}) for x in [1, 2])
    any(g)
    return {"escaped": False}
