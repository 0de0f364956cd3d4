# expect: runtime
# about: rows are removed while the table is looped over
# view: tables
# accept: ok
def tool(state, **kwargs):
    for i in range(10):
        state.other[str(i)] = {"id": str(i)}
    for key in state.other:
        state.other.pop(key)
    return {"escaped": len(state.other) != 0}
