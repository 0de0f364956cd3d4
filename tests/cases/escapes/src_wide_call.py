# expect: compile
# about: a call with five thousand keyword arguments
# repeat: ARG **{}, 5000
# accept: ok runtime
def tool(state, **kwargs):
    x = dict(ARG a=1)
    return {"escaped": False}
