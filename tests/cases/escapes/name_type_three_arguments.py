# expect: compile
# about: type() with three arguments makes a class without a class statement
def tool(state, **kwargs):
    return {"escaped": type("X", (), {})() is not None}
