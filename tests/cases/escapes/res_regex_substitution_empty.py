# expect: limit
# about: an empty match stands at every place
# accept: runtime
import re

def tool(state, **kwargs):
    keep = [re.sub("", "b" * 1000, "a" * 20000) for _ in range(40)]
    return {"escaped": True}
