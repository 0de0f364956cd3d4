# expect: limit
# about: integer roots of the largest integers allowed
# accept: ok runtime
import math

def tool(state, **kwargs):
    x = 2**4000
    for _ in range(990000):
        math.isqrt(x)
    return {"escaped": False}
