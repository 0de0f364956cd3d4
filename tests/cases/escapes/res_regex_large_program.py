# expect: limit
# about: even a linear matcher takes the text times the size of the pattern
# accept: runtime
import re

def tool(state, **kwargs):
    return {"escaped": re.search("(?:a?){900}a{900}b", "a" * 4000000) is None}
