# expect: limit
# about: sixty optional letters before sixty letters: two to the sixty ways
# accept: runtime limit ok
import re

def tool(state, **kwargs):
    return {"escaped": False, "v": re.match("a?" * 60 + "a" * 60 + "b", "a" * 60) is not None}
