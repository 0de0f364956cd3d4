# expect: runtime
# about: minus zero equals zero and is written differently
# accept: ok
# harness: compare
def tool(state, **kwargs):
    state["z"] = 0.0
    state["z"] = -0.0
    return {"escaped": False, "z": [-0.0, 0.0 * -1]}
