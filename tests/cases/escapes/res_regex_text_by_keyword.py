# expect: runtime
# about: the text is given by keyword, past the guard
# accept: limit
import re

def tool(state, **kwargs):
    return {"escaped": re.search("x", "y", string="a" * 1000000) is None}
