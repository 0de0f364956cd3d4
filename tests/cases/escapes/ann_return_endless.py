# expect: limit
# about: an endless comprehension hides in a return annotation
# accept: ok compile
def tool(state, **kwargs):
    def f() -> [0 for _ in range(10**12)]:
        return 1
    return {"escaped": False, "n": f()}
