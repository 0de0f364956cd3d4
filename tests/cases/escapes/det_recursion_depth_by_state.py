# expect: limit
# about: the depth is written to the state on the way down and the error caught at the top
# accept: compile runtime ok
# harness: compare
def tool(state, **kwargs):
    def down(n):
        state["depth"] = n
        down(n + 1)
    try:
        down(0)
    except Exception:
        pass
    return {"escaped": False, "v": state["depth"]}
