# expect: runtime
# about: setdefault and update put in what is no row
# view: tables
def tool(state, **kwargs):
    state.other.setdefault("x", None)
    return {"escaped": True}
