# expect: limit
# about: classes of letters of every script make a small pattern a large program
# accept: runtime
import re

def tool(state, **kwargs):
    n = [re.search("(?i)(?:[\\pL\\pN]?){100}[^\\pL]{20}b" + str(i), "\u00e9" * 10000) for i in range(10000)]
    return {"escaped": True}
