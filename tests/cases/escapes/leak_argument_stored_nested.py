# expect: runtime
# about: the argument is stored deep in a row; the host edits its argument afterwards
# accept: ok compile
# calls: 2
# state: same
# harness: mutate-args
def tool(state, **kwargs):
    if kwargs.get("call", 1) == 1:
        state["deep"] = {"kept": [kwargs["payload"]]}
        return {"escaped": False}
    return {"escaped": "host-was-here" in state["deep"]["kept"][0]}
