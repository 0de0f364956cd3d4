# expect: runtime
# about: a hundred good rows and one that is no JSON
# view: tables
def tool(state, **kwargs):
    for i in range(100):
        state.other[str(i)] = {"id": str(i), "v": i if i != 77 else range(3)}
    return {"escaped": True}
