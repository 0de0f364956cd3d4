# expect: compile
# about: re.Scanner runs callbacks and keeps state
# accept: runtime
import re

def tool(state, **kwargs):
    return {"escaped": re.Scanner([("a", lambda s, t: t)]).scan("a") is not None}
