# expect: limit
# about: as many rows as the fuel allows, committed together
# view: tables
# accept: ok runtime
def tool(state, **kwargs):
    i = 0
    while i < 400000:
        state.other[f"k{i}"] = {"id": f"k{i}", "l": [i, i, i]}
        i += 1
    return {"escaped": False}
