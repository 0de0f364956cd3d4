# expect: limit
# about: an empty match at every place of a long text, split and found
# accept: runtime
import re

def tool(state, **kwargs):
    s = "ab" * 1000000
    keep = [re.split("x*", s) for _ in range(1000)]
    return {"escaped": True}
