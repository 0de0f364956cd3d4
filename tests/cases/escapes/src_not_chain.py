# expect: compile
# about: three thousand times `not` recurses in every visitor
# repeat: NOT not_ 3000
def tool(state, **kwargs):
    x = NOTTrue
    return {"escaped": x is True}
