# expect: runtime
# about: a defaultdict in the result grows when the host reads it
# accept: compile ok
from collections import defaultdict

def tool(state, **kwargs):
    return {"escaped": False, "d": defaultdict(list)}
