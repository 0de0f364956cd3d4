# expect: runtime
# about: a table that the environment does not declare
# view: tables
# accept: compile
def tool(state, **kwargs):
    name = "no" + "where"
    state[name]["x"] = {"id": "x"}
    return {"escaped": True}
