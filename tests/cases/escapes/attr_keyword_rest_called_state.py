# expect: compile
# about: **state makes a dict of that name; a table is called like a dangerous method
# tables: format_map
# accept: runtime
def tool(state, **kwargs):
    f = lambda **state: state.format_map
    return {"escaped": f(a=1) is not None}
