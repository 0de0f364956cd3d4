# expect: limit
# about: sixty choices written one after another need no repetition at all
# accept: runtime limit ok
import re

def tool(state, **kwargs):
    return {"escaped": False, "v": re.match("(?:a|aa)" * 60 + "b", "a" * 100) is not None}
