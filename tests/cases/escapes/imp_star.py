# expect: compile
# about: a star import of an allowed module
from math import *

def tool(state, **kwargs):
    return {"escaped": sqrt(4) == 2}
