# expect: limit
# about: lazy repetitions side by side
# accept: runtime ok
import re

def tool(state, **kwargs):
    return {"escaped": re.match(".*?.*?.*?.*?=", "x" * 20000) is not None}
