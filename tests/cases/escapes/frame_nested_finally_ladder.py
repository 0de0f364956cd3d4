# expect: limit
# about: each level of a recursion starts again in its finally clause: two to the power of the depth
# accept: runtime
def tool(state, **kwargs):
    def f():
        try:
            f()
        finally:
            f()
    f()
    return {"escaped": True}
