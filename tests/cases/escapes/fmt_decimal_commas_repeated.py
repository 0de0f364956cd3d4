# expect: limit
# about: many moderately long decimals written out
# accept: runtime compile
from decimal import Decimal

def tool(state, **kwargs):
    d = Decimal("1e9999999")
    keep = [f"{d:,f}" for _ in range(10000)]
    return {"escaped": len(keep) > 0}
