# expect: limit
# about: a repetition inside a look-ahead inside a repetition
# accept: runtime limit ok
import re

def tool(state, **kwargs):
    return {"escaped": False, "v": re.match("(?:(?=a*a*c|a)a)*b", "a" * 20000) is not None}
