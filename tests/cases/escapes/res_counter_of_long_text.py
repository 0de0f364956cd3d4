# expect: limit
# about: counting the characters of a long text again and again
# accept: runtime compile
from collections import Counter

def tool(state, **kwargs):
    s = "ab" * 450000
    for _ in range(20000):
        Counter(s)
    return {"escaped": True}
