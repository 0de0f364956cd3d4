# expect: limit
# about: extendleft is not extend
# accept: runtime compile
from collections import deque

def tool(state, **kwargs):
    d = deque(maxlen=1)
    d.extendleft(range(10**11))
    return {"escaped": len(d) == 1}
