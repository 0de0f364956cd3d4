# expect: limit
# about: a finally clause turns the recursion error into another before it is caught
# accept: compile runtime ok
# harness: compare
def tool(state, **kwargs):
    best = [0]
    def down(n):
        best[0] = n
        try:
            down(n + 1)
        finally:
            {}["x"]
    try:
        down(0)
    except LookupError:
        pass
    return {"escaped": False, "v": best[0]}
