# expect: compile
# about: .args is an attribute of exceptions and of partials alike; the first argument of a guard is the fuel
# accept: runtime ok
def tool(state, **kwargs):
    a = pow.args
    return {"escaped": len(a) > 0}
