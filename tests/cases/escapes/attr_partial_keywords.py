# expect: compile
# about: the guard of a module function is a partial; .args holds the fuel
# accept: runtime ok
import math

def tool(state, **kwargs):
    fuel = math.factorial.args[0]
    return {"escaped": fuel is not None}
