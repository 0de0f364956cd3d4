# expect: limit
# about: comb of numbers far apart and of numbers close together
# accept: runtime
import math

def tool(state, **kwargs):
    return {"escaped": math.comb(10**9, 5 * 10**8) > 0}
