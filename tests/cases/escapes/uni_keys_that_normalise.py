# expect: runtime
# about: composed and decomposed letters are two keys, however they look
# view: tables
# accept: ok
# calls: 2
# state: same
def tool(state, **kwargs):
    if kwargs.get("call", 1) == 1:
        state.other["\u00e9"] = {"id": "\u00e9"}
        state.other["e\u0301"] = {"id": "e\u0301"}
        return {"escaped": False}
    return {"escaped": len(state.other) != 2}
