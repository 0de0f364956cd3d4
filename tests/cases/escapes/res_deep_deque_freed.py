# expect: limit
# about: deques nested half a million deep are freed
# accept: ok runtime compile
# stops: clock
from collections import deque

def tool(state, **kwargs):
    x = 1
    for _ in range(120000):
        x = deque([x])
    x = None
    return {"escaped": False}
