# expect: runtime
# about: six hundred patterns push the host's own out of the cache of re
# accept: ok compile limit
# calls: 2
import re

def tool(state, **kwargs):
    n = len([1 for i in range(600) if re.match(f"a{i}", f"a{i}")])
    return {"escaped": n != 600}
