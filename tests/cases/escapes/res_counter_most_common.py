# expect: limit
# about: most_common sorts every time
# accept: runtime compile
from collections import Counter

def tool(state, **kwargs):
    c = Counter(range(200000))
    for _ in range(100000):
        c.most_common()
    return {"escaped": True}
