# expect: runtime
# about: a whole table is replaced
# view: tables
# accept: compile
def tool(state, **kwargs):
    state["other"] = {"x": {"id": "x"}}
    return {"escaped": True}
