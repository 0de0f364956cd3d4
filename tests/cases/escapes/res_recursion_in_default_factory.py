# expect: limit
# about: the factory of a defaultdict asks the same dict for a missing key
# accept: runtime
from collections import defaultdict

def tool(state, **kwargs):
    d = defaultdict(lambda: d[len(d)])
    return {"escaped": d["x"] is not None}
