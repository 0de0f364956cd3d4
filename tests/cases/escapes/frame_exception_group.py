# expect: compile
# about: ExceptionGroup collects exceptions that handlers then split
# accept: runtime
def tool(state, **kwargs):
    g = ExceptionGroup("g", [ValueError(1)])
    return {"escaped": len(g.exceptions) == 1}
