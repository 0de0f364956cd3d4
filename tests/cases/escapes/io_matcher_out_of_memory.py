# expect: runtime
# about: the matcher writes to standard error when its cache is too small for the text
# accept: ok limit
import re

def tool(state, **kwargs):
    return {"escaped": False, "v": re.search("(?:a?){700}a{700}b", "a" * 20000) is None}
