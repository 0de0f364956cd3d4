# expect: compile
# about: the fuel object taken from a guarded repr is refilled by a loop that unpacks into it
# accept: runtime ok
def tool(state, **kwargs):
    for fuel in repr.args:
        return {"escaped": fuel is not None}
