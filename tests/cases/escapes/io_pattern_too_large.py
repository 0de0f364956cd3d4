# expect: runtime
# about: the matcher writes to standard error when a pattern is too large for it
# accept: ok limit
import re

def tool(state, **kwargs):
    return {"escaped": False, "v": re.search("[\\pL]{900}x", "a" * 1000) is None}
