# expect: runtime
# about: the result is the row itself; the host edits it afterwards
# accept: ok compile
# calls: 2
# state: same
# harness: mutate-result
def tool(state, **kwargs):
    if kwargs.get("call", 1) == 1:
        return {"escaped": False, "row": state, "log": state["log"]}
    return {"escaped": "host-was-here" in state["log"] or "host-was-here" in state}
