# expect: compile
# about: partial and reduce hide the callee
# accept: runtime
from functools import partial

def tool(state, **kwargs):
    return {"escaped": partial(open, "/etc/hostname").func is not None}
