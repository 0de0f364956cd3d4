# expect: limit
# about: the spec comes from a row, where the compiler cannot see it
# accept: runtime
def tool(state, **kwargs):
    state["spec"] = ">" + "9" * 9
    return {"escaped": len(f"{1:{state['spec']}}") > 0}
