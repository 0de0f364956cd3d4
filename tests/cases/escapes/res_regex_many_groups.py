# expect: runtime
# about: a thousand groups inside one another
# accept: limit ok
import re

def tool(state, **kwargs):
    return {"escaped": re.match("(" * 450 + "a" + ")" * 450, "b") is not None}
