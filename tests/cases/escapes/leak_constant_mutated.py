# expect: runtime
# about: a constant of the environment is a list; the tool edits it
# accept: ok compile
# calls: 2
def tool(state, **kwargs):
    found = list(NAMES)
    NAMES.append("tool-was-here")
    return {"escaped": found != ["a", "b"]}
