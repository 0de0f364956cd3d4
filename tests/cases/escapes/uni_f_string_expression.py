# expect: compile
# about: other letters inside the braces of an f-string
def tool(state, **kwargs):
    return {"escaped": f"{ｅval('1')}" == "1"}
