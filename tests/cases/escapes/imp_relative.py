# expect: compile
# about: a relative import
# accept: runtime
from . import sandbox

def tool(state, **kwargs):
    return {"escaped": True}
