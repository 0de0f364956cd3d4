# expect: limit
# about: isinstance with shared tuples of exception types, wrapped types first
# accept: runtime compile
def tool(state, **kwargs):
    t = (ValueError, bool)
    for _ in range(60):
        t = (t, t)
    return {"escaped": not isinstance([], t)}
