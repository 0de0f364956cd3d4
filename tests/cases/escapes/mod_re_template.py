# expect: compile
# about: re.purge empties the host's cache of patterns
# accept: runtime
import re

def tool(state, **kwargs):
    re.purge()
    return {"escaped": True}
