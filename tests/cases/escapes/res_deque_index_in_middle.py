# expect: limit
# about: the middle of a deque is reached link by link
# accept: runtime compile
from collections import deque

def tool(state, **kwargs):
    d = deque([0] * 900000)
    n = 0
    for _ in range(900000):
        n += d[450000] + d[450001] + d[449999] + d[450002]
    return {"escaped": n == 0}
