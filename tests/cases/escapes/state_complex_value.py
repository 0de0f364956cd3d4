# expect: runtime
# about: a complex number made by a power of a negative float
def tool(state, **kwargs):
    state["c"] = (-8.0) ** 0.5
    return {"escaped": True}
