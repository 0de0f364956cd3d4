# expect: runtime
# about: whole floats beyond what integers share with them
# accept: ok
# harness: compare
def tool(state, **kwargs):
    state["f"] = [2.0**53, 2.0**53 + 2, 1e22, 1e300, 5e-324]
    return {"escaped": False, "f": state["f"]}
