# expect: runtime
# about: type comments are comments
# accept: ok compile
def tool(state, **kwargs):
    x = 1  # type: __import__("os")
    return {"escaped": False}
