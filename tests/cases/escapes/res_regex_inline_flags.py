# expect: runtime
# about: flags inside the pattern: verbose hides a repetition in a comment
# accept: limit ok
import re

def tool(state, **kwargs):
    return {"escaped": re.match("(?x) (a # one\n + # two\n )+ $", "a" * 5000 + "b") is not None}
