# expect: limit
# about: powers of decimals
# accept: runtime ok
from decimal import Decimal

def tool(state, **kwargs):
    n = 0
    for i in range(900000):
        n += 1 if Decimal("1.0000001") ** Decimal("9999999.5") > 1 else 0
    return {"escaped": False, "v": n > 0}
