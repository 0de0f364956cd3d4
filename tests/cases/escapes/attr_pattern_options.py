# expect: runtime
# about: a field of an own class makes the options of a compiled pattern readable
# accept: compile
import re

class Box:
    options = 1

def tool(state, **kwargs):
    return {"escaped": re.compile("a").options is not None}
