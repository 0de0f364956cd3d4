# expect: limit
# about: deque takes its items by keyword and throws most of them away
# accept: runtime compile
from collections import deque

def tool(state, **kwargs):
    return {"escaped": len(deque(iterable=range(10**11), maxlen=1)) == 1}
