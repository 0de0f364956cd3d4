# expect: limit
# about: a compiled pattern searches a long text again and again
# accept: runtime
import re

def tool(state, **kwargs):
    p, s = re.compile("b"), "a" * 3000000
    n = [p.search(s) for _ in range(100000)]
    return {"escaped": True}
