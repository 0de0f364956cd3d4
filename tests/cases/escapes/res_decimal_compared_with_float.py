# expect: limit
# about: comparing and hashing decimals with huge exponents
# accept: runtime ok
from decimal import Decimal

def tool(state, **kwargs):
    d = Decimal("1e999999999")
    n = 0
    for i in range(300000):
        if d == 0.5 + i or d in {i: 1} or d > i:
            n += 1
    return {"escaped": False, "v": n > 0}
