# expect: runtime
# about: the text of a defaultdict shows its factory
# accept: compile ok
# harness: compare
from collections import defaultdict

def tool(state, **kwargs):
    return {"escaped": False, "v": f"{defaultdict(lambda: 0)}"}
