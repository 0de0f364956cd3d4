# expect: limit
# about: operators of counters run through both
# accept: runtime compile
from collections import Counter

def tool(state, **kwargs):
    c = Counter(range(100000))
    for _ in range(100000):
        c + c
    return {"escaped": True}
