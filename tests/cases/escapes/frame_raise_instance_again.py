# expect: runtime
# about: one exception object raised a hundred thousand times grows its traceback without end
# accept: compile limit ok
def tool(state, **kwargs):
    e = ValueError("x")
    for _ in range(300000):
        try:
            raise e
        except ValueError:
            pass
    return {"escaped": False}
