# expect: limit
# about: bounded repetitions inside bounded repetitions
# accept: runtime limit ok
import re

def tool(state, **kwargs):
    return {"escaped": False, "v": re.match("(?:(?:a{1,60}){1,60}){1,60}b", "a" * 5000) is not None}
