# expect: compile
# about: fullwidth letters spell a dunder attribute after normalisation
def tool(state, **kwargs):
    return {"escaped": (1).__ｃｌａｓｓ__ is not None}
