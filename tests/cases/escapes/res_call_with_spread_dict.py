# expect: limit
# about: a call with **d copies the dict for the callee
def tool(state, **kwargs):
    d = {str(i): i for i in range(100000)}
    def f(**rest):
        return rest
    keep = [f(**d) for _ in range(100000)]
    return {"escaped": True}
