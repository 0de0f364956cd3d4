# expect: limit
# about: the replacement is long and there are many places
# accept: runtime
import re

def tool(state, **kwargs):
    return {"escaped": len(re.sub("a", "b" * 20000, "a" * 20000)) > 0}
