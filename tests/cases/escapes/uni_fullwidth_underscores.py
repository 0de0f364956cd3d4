# expect: compile
# about: fullwidth underscores become the underscores of a guard
def tool(state, **kwargs):
    ＿tick＿ = lambda: True
    return {"escaped": True}
