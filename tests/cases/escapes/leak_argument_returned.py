# expect: runtime
# about: the argument itself is the result; the host edits the result and must not change its argument
# accept: ok compile
# calls: 2
# harness: mutate-result
def tool(state, **kwargs):
    return {"escaped": "host-was-here" in kwargs["payload"], "v": kwargs["payload"]}
