# expect: limit
# about: a text method as the replacement function of re.sub
# accept: runtime compile ok
import re

def tool(state, **kwargs):
    big = ["a" * 1000000]
    return {"escaped": len(re.sub("x", lambda m: big[0], "x" * 20000)) > 0}
