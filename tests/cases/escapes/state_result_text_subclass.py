# expect: runtime
# about: the constants of a module may be of types that look like numbers
# accept: compile ok
import re

def tool(state, **kwargs):
    state["flag"] = re.IGNORECASE
    return {"escaped": state["flag"] == 2 and state["flag"] is not 2}
