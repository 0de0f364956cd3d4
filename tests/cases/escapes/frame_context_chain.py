# expect: runtime
# about: a chain of a hundred thousand exceptions, each the context of the next, is freed recursively
# accept: compile limit ok
def tool(state, **kwargs):
    last = ValueError("first")
    for _ in range(100000):
        try:
            raise ValueError("next") from last
        except ValueError as e:
            last = e
    return {"escaped": False}
