# expect: compile
# about: two thousand conditional expressions nest to the right
# repeat: BRANCH 1_if_state_else_ 2000
# accept: ok
def tool(state, **kwargs):
    x = BRANCH2
    return {"escaped": False}
