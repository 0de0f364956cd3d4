# expect: limit
# about: a function of many arguments given a spread list
# accept: runtime ok
import math

def tool(state, **kwargs):
    l = [7**400] * 100000
    n = 0
    for _ in range(1000):
        n += math.gcd(*l) > 1
    return {"escaped": True}
