# expect: limit
# about: a choice between equal alternatives, sixty times
# accept: runtime ok
import re

def tool(state, **kwargs):
    return {"escaped": re.match("(?:a|a|a){60}b", "a" * 60) is not None}
