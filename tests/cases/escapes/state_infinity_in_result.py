# expect: runtime
# about: infinity in the result
def tool(state, **kwargs):
    return {"escaped": True, "x": float("inf")}
