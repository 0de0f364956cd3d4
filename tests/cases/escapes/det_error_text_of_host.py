# expect: runtime
# about: an error of the host's view, read by the stub, must not show where the view lives
# view: tables
# accept: ok compile
# harness: compare
def tool(state, **kwargs):
    try:
        state.store["s"] = state
    except TypeError as e:
        return {"escaped": False, "v": str(e)}
