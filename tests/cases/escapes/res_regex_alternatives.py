# expect: runtime
# about: a repeated choice between overlapping alternatives
# accept: runtime limit ok
import re

def tool(state, **kwargs):
    return {"escaped": False, "v": re.match("(?:a|ab|b|aba)*c", "ab" * 5000) is not None}
