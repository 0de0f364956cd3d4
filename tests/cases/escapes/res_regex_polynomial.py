# expect: limit
# about: eight repetitions side by side: polynomial of degree eight
# accept: runtime ok
import re

def tool(state, **kwargs):
    return {"escaped": False, "v": re.match("a*a*a*a*a*a*a*a*b", "a" * 20000) is None}
