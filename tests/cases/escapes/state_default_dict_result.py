# expect: runtime
# about: a defaultdict in the result grows when the host reads it
# accept: compile
from collections import defaultdict

def tool(state, **kwargs):
    return {"escaped": True, "d": defaultdict(list)}
