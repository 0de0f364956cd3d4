# expect: limit
# about: counts multiply while the pattern is compiled
# accept: runtime limit ok
import re

def tool(state, **kwargs):
    return {"escaped": False, "v": re.match("(?:(?:(?:a{60}){60}){60}){60}", "a" * 100) is not None}
