# expect: runtime
# about: the tool edits a mapping deep in its argument
# accept: ok
# harness: check-args
def tool(state, **kwargs):
    kwargs["payload"].append({"deep": 1})
    kwargs["payload"].sort(key=str)
    kwargs["payload"].clear()
    return {"escaped": False}
