# expect: compile
# about: an unpacked annotation of *args iterates at definition
# accept: ok limit
def tool(state, **kwargs):
    def f(*args: *range(10**10)):
        return 1
    return {"escaped": False}
