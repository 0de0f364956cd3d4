# expect: limit
# about: three repetitions are cubic: eight billion steps for two thousand characters
# accept: runtime ok
import re

def tool(state, **kwargs):
    return {"escaped": False, "v": re.search("a*a*a*b", "a" * 10000) is None}
