# expect: runtime
# about: flags that print or that change the engine
# accept: limit ok compile
import re

def tool(state, **kwargs):
    return {"escaped": re.match("a", "a", 128) is None, "v": 1}
