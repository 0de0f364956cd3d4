# expect: runtime
# about: a thousand groups inside one another
# accept: runtime limit ok
import re

def tool(state, **kwargs):
    return {"escaped": False, "v": re.match("(" * 450 + "a" + ")" * 450, "b") is not None}
