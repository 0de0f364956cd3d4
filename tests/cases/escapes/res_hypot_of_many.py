# expect: limit
# about: hypot and dist take coordinates without end
# accept: runtime ok
import math

def tool(state, **kwargs):
    l = [1.0] * 900000
    n = 0
    for _ in range(1000):
        n += math.dist(l, l) == 0
    return {"escaped": True}
