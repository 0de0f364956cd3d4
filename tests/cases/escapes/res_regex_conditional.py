# expect: limit
# about: a conditional group that depends on an optional one
# accept: runtime ok
import re

def tool(state, **kwargs):
    return {"escaped": re.match("(?:(a)?(?(1)a|aa)){40}b", "a" * 200) is not None}
