# expect: runtime
# about: a doubtful pattern makes re warn on the host's standard error
# accept: ok compile
import re

def tool(state, **kwargs):
    return {"escaped": False, "v": re.match("[[a]", "[") is not None}
