# expect: limit
# about: the method of a compiled pattern is handed to map
# accept: runtime
import re

def tool(state, **kwargs):
    p = re.compile("(a?){500}a{500}b")
    return {"escaped": list(map(p.search, ["a" * 1000000] * 1000)) != []}
