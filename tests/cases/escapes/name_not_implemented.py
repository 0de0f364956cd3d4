# expect: compile
# about: NotImplemented and Ellipsis are constants that no table lists
# accept: ok
def tool(state, **kwargs):
    x = ...
    return {"escaped": x is ... and NotImplemented is not None}
