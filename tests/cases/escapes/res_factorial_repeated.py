# expect: limit
# about: the largest factorial allowed, a million times
# accept: runtime ok
import math

def tool(state, **kwargs):
    for _ in range(990000):
        math.factorial(500)
    return {"escaped": False}
