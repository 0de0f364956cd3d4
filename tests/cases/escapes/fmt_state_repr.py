# expect: runtime
# about: !r of the state shows the host's object
# view: tables
# accept: compile
def tool(state, **kwargs):
    return {"escaped": "object at" in f"{state!r}" or "View" in f"{state!r}"}
