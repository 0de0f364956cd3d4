# expect: limit
# about: eight repetitions side by side: polynomial of degree eight
# accept: runtime
import re

def tool(state, **kwargs):
    return {"escaped": re.match("a*a*a*a*a*a*a*a*b", "a" * 20000) is None}
