# expect: runtime
# about: a right-to-left override in a comment shows the reader other code than runs
# accept: ok compile
# repeat: RLO \u202e 1
def tool(state, **kwargs):
    # RLO require(allowed)
    return {"escaped": False}
