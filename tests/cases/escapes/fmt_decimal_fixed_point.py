# expect: limit
# about: a decimal with a huge exponent written out in full by :f
# accept: runtime compile
from decimal import Decimal

def tool(state, **kwargs):
    return {"escaped": len(f"{Decimal('1e999999999'):f}") > 0}
