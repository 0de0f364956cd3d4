# expect: limit
# about: an integer times a deque
# accept: runtime compile
from collections import deque

def tool(state, **kwargs):
    return {"escaped": len(10**9 * deque([1])) > 0}
