# expect: compile
# about: an allowed module imported sys for itself
# accept: runtime
from collections import _sys

def tool(state, **kwargs):
    return {"escaped": _sys is not None}
