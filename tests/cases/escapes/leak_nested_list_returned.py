# expect: runtime
# about: a list deep in the row is returned inside a tuple
# accept: ok compile
# calls: 2
# state: same
# harness: mutate-result
def tool(state, **kwargs):
    if kwargs.get("call", 1) == 1:
        state["deep"] = {"a": [{"b": ["x"]}]}
        return {"escaped": False, "v": ((state["deep"]["a"],),)}
    return {"escaped": "host-was-here" in state["deep"]["a"] or "host-was-here" in state["deep"]["a"][0]["b"]}
