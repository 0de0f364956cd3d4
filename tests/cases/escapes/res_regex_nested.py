# expect: runtime
# about: a repetition inside a repetition
# accept: limit ok
import re

def tool(state, **kwargs):
    return {"escaped": False, "v": re.match("(a+)+$", "a" * 5000 + "b") is None}
