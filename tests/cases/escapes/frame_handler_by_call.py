# expect: compile
# about: the type of a handler is what a lambda returns
def tool(state, **kwargs):
    try:
        while True:
            pass
    except (lambda: Exception)():
        return {"escaped": True}
