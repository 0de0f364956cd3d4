# expect: runtime
# about: a mapping inside a constant is edited through a loop variable
# accept: ok compile
# calls: 2
def tool(state, **kwargs):
    for entry in TABLE["rows"]:
        if "seen" in entry:
            return {"escaped": True}
        entry["seen"] = 1
    return {"escaped": False}
