# expect: runtime
# about: a comprehension variable makes a forbidden name known to the policy
# accept: compile
def tool(state, **kwargs):
    [0 for getattr in []]
    return {"escaped": getattr(1, "real") == 1}
