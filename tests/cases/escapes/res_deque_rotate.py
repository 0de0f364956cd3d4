# expect: limit
# about: rotating a long deque by half its length
# accept: runtime compile
from collections import deque

def tool(state, **kwargs):
    d = deque([0] * 900000)
    for _ in range(300000):
        d.rotate(450000)
    return {"escaped": True}
