# expect: limit
# about: the factory of a defaultdict loops when a key is missing
from collections import defaultdict

def tool(state, **kwargs):
    d = defaultdict(lambda: [0 for _ in range(1000)])
    for i in range(100000):
        d[i]
    return {"escaped": True}
