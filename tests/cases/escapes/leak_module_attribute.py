# expect: compile
# about: a mark left on a module that every stub shares
# accept: runtime
# calls: 2
import math

def tool(state, **kwargs):
    math.mark = 1
    return {"escaped": True}
