# expect: runtime
# about: the default of the schema is put into the state and edited there by the next call
# accept: ok compile
# calls: 2
# state: same
def tool(state, **kwargs):
    if kwargs.get("call", 1) == 1:
        state["kept"] = kwargs["extra"]
        return {"escaped": False}
    state["kept"].append("x")
    return {"escaped": kwargs["extra"] != ["default"]}
