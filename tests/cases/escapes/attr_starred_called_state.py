# expect: compile
# about: *state makes a tuple of that name; the table `count` is its method
# tables: mro with_traceback
# accept: runtime
def tool(state, **kwargs):
    f = lambda *state: state.mro
    return {"escaped": f(1) is not None}
