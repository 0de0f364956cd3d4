# expect: compile
# about: a lambda with yield is a generator
def tool(state, **kwargs):
    g = (lambda: (yield 1))()
    return {"escaped": g.gi_frame is not None}
