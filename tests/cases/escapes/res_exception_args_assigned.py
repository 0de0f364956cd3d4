# expect: limit
# about: the args of an exception become a tuple of whatever is assigned to them
# accept: runtime compile
class Failed(Exception):
    pass

def tool(state, **kwargs):
    e = Failed("x")
    e.args = range(10**9)
    return {"escaped": len(e.args) > 1}
