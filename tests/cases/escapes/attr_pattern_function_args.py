# expect: compile
# about: the guarded functions of re show what they are bound to
# accept: runtime ok
import re

def tool(state, **kwargs):
    return {"escaped": re.sub.args is not None}
