# expect: runtime
# about: a repetition inside a repetition
# accept: limit
import re

def tool(state, **kwargs):
    return {"escaped": re.match("(a+)+$", "a" * 5000 + "b") is None}
