# expect: limit
# about: sum of deques, counters and decimals uses their own operators
# accept: runtime compile
from collections import Counter

def tool(state, **kwargs):
    c = Counter(range(10000))
    return {"escaped": len(sum([c] * 500000, Counter())) > 0}
