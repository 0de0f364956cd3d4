# expect: runtime
# about: rows are added while the table is looped over
# view: tables
# accept: ok limit
def tool(state, **kwargs):
    n = 0
    state.other["0"] = {"id": "0"}
    for key in state.other:
        n += 1
        state.other[f"{key}x"] = {"id": key}
        if n > 1000:
            break
    return {"escaped": False}
