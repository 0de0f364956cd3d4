# expect: runtime
# about: True and 1 and 1.0 are one key in Python and three texts in JSON
def tool(state, **kwargs):
    state["d"] = {True: "a", "true": "b"}
    return {"escaped": True}
