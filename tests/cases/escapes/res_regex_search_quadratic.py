# expect: limit
# about: a search that starts at every place and runs to the end, repeated
# accept: runtime ok
import re

def tool(state, **kwargs):
    n = 0
    for _ in range(49):
        n += re.search("a+b", "a" * 20000) is None
    return {"escaped": False, "v": n}
