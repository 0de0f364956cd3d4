# expect: compile
# about: the loader of a module
from math import __loader__

def tool(state, **kwargs):
    return {"escaped": __loader__ is not None}
