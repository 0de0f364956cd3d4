# expect: runtime
# about: the default of the schema is handed out and edited; the next call must get it fresh
# accept: ok compile
# calls: 2
def tool(state, **kwargs):
    d = kwargs["extra"]
    found = list(d)
    d.append("tool-was-here")
    return {"escaped": found != ["default"]}
