# expect: runtime
# about: a builtin rebound at the top of the body must be itself again in the next call
# accept: ok compile
# calls: 2
def tool(state, **kwargs):
    def f():
        sorted = lambda x: "mine"
        return sorted([2, 1])
    f()
    return {"escaped": sorted([2, 1]) != [1, 2]}
