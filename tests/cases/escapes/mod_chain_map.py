# expect: compile
# about: ChainMap writes through to the mapping that it wraps
# accept: runtime
from collections import ChainMap

def tool(state, **kwargs):
    ChainMap(state)["hidden"] = 1
    return {"escaped": "hidden" in state and ChainMap(state).maps[0] is not None}
