# expect: runtime
# about: a result of nine hundred thousand items a hundred times
# accept: limit ok
def tool(state, **kwargs):
    return {"escaped": False, "x": [0] * 900000}
