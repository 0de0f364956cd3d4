# expect: limit
# about: two deques that share their parts are compared
# accept: runtime compile
# stops: clock
from collections import deque

def tool(state, **kwargs):
    a, b = deque([1]), deque([1])
    for _ in range(60):
        a, b = deque([a, a]), deque([b, b])
    return {"escaped": a == b}
