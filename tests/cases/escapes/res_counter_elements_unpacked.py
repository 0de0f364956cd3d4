# expect: limit
# about: the elements of a counter are collected by a starred target
# accept: runtime compile
from collections import Counter

def tool(state, **kwargs):
    a, *b = Counter({"a": 10**9}).elements()
    return {"escaped": len(b) > 0}
