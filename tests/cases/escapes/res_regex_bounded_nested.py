# expect: limit
# about: bounded repetitions inside bounded repetitions
# accept: runtime ok
import re

def tool(state, **kwargs):
    return {"escaped": re.match("(?:(?:a{1,60}){1,60}){1,60}b", "a" * 5000) is not None}
