# expect: limit
# about: findall with a pattern that fails late everywhere
# accept: runtime ok
import re

def tool(state, **kwargs):
    n = 0
    for _ in range(49):
        n += len(re.findall("[a-z]+[a-z]+!", "a" * 20000))
    return {"escaped": False, "v": n}
