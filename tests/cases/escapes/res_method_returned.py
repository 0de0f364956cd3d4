# expect: limit
# about: a method returned by a function and called on the spot
# accept: runtime compile
def tool(state, **kwargs):
    def pad(s):
        return s.ljust
    return {"escaped": len(pad("x")(10**10)) > 0}
