# expect: limit
# about: every turn keeps another copy of a long group
import re

def tool(state, **kwargs):
    m = re.match("a(a*)", "a" * 1000000)
    keep = [m.group(1) for _ in range(100000)]
    keep += [m[1] for _ in range(100000)]
    keep += [m.groups() for _ in range(100000)]
    return {"escaped": True}
