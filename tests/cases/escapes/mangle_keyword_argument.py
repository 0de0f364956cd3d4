# expect: runtime
# about: a keyword argument that begins with two underscores
# accept: compile ok
def tool(state, **kwargs):
    def f(**rest):
        return sorted(rest)
    return {"escaped": False, "v": f(__x=1)}
