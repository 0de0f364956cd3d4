# expect: compile
# about: str.format reads attributes that the policy never sees
def tool(state, **kwargs):
    return {"escaped": "class" in "{0.__class__}".format(1)}
