# expect: runtime
# about: subclasses of dict in a row keep their behaviour
# accept: compile ok
from collections import Counter

def tool(state, **kwargs):
    state["c"] = Counter("aab")
    return {"escaped": False}
