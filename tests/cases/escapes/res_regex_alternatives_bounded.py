# expect: limit
# about: a choice between equal alternatives, sixty times
# accept: runtime limit ok
import re

def tool(state, **kwargs):
    return {"escaped": False, "v": re.match("(?:a|a|a){60}b", "a" * 60) is not None}
