# expect: limit
# about: the replacement repeats a long group a thousand times
# accept: runtime
import re

def tool(state, **kwargs):
    return {"escaped": len(re.sub("(a+)", r"\1" * 9000, "a" * 20000)) > 0}
