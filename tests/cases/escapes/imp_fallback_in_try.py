# expect: compile
# about: an import that is expected to fail, with a second one in the handler
# accept: runtime
def tool(state, **kwargs):
    try:
        import nothing_of_that_name as m
    except Exception:
        import os as m
    return {"escaped": m.getcwd() is not None}
