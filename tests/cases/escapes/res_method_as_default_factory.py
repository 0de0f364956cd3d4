# expect: limit
# about: a method as the factory of a defaultdict
# accept: runtime compile ok
from collections import defaultdict

def tool(state, **kwargs):
    big = [0] * 900000
    d = defaultdict(big.copy)
    for i in range(100000):
        d[i]
    return {"escaped": True}
