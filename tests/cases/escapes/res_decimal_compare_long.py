# expect: limit
# about: decimals of a million digits compared exactly
# accept: runtime
from decimal import Decimal

def tool(state, **kwargs):
    a = Decimal("7" * 900000)
    b = Decimal("7" * 900000 + "e-1")
    n = 0
    for _ in range(300000):
        if a.compare(b) > 0 and a > b:
            n += 1
    return {"escaped": True}
