# expect: runtime
# about: possessive repetitions and atomic groups around ordinary ones (3.11)
# accept: runtime limit ok
import re

def tool(state, **kwargs):
    return {"escaped": False, "v": re.match("(?>(?:a+)*+)*b", "a" * 5000) is not None}
