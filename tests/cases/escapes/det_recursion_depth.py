# expect: limit
# about: the depth at which recursion ends depends on the host's own stack
# accept: compile runtime ok
# harness: compare
def tool(state, **kwargs):
    def depth(n):
        try:
            return depth(n + 1)
        except RuntimeError:
            return n
    return {"escaped": False, "v": depth(0)}
