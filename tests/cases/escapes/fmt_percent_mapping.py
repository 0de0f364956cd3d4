# expect: runtime
# about: a mapping behind % is asked for keys in the host's C code
# accept: compile
from collections import defaultdict

def tool(state, **kwargs):
    d = defaultdict(lambda: tool)
    return {"escaped": "0x" in "%(x)s" % d}
