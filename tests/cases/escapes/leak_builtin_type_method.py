# expect: compile
# about: replace a method of a builtin type's wrapper
# accept: runtime
# calls: 2
def tool(state, **kwargs):
    list.append = lambda self, x: None
    return {"escaped": True}
