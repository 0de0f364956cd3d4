# expect: runtime
# about: flags inside the pattern: verbose hides a repetition in a comment
# accept: runtime limit ok
import re

def tool(state, **kwargs):
    return {"escaped": False, "v": re.match("(?x) (a # one\n + # two\n )+ $", "a" * 5000 + "b") is not None}
