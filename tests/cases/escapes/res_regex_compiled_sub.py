# expect: limit
# about: the methods of a compiled pattern, called on the pattern itself
# accept: runtime
import re

def tool(state, **kwargs):
    p = re.compile("a")
    return {"escaped": len(p.sub("b" * 20000, "a" * 1000000)) > 0}
