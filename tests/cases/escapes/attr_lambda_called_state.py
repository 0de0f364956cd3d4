# expect: compile
# about: a lambda whose parameter is called state reads the format method of a text, a table is called so
# tables: format
# accept: runtime
def tool(state, **kwargs):
    show = (lambda state: state.format)("{0.__class__.__mro__}")
    return {"escaped": "object" in show(1)}
