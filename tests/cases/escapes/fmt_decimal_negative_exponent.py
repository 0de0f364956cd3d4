# expect: limit
# about: a decimal with a tiny exponent written out by :f
# accept: runtime compile
from decimal import Decimal

def tool(state, **kwargs):
    return {"escaped": len(f"{Decimal('1e-999999999'):f}") > 0}
