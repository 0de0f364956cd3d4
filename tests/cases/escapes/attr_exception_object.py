# expect: compile
# about: AttributeError carries the object whose attribute was missing
# view: tables
def tool(state, **kwargs):
    try:
        state.store.keys.values
    except AttributeError as e:
        return {"escaped": e.obj is not None}
