# expect: limit
# about: a deque repeated in place
# accept: runtime compile
from collections import deque

def tool(state, **kwargs):
    d = deque([1])
    d *= 10**9
    return {"escaped": len(d) > 0}
