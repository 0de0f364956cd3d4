# expect: limit
# about: every short match is found only after a look at all the rest of the text
# accept: runtime
import re

def tool(state, **kwargs):
    return {"escaped": len(re.findall("a[^b]*b|a", "a" * 1000000)) > 0}
