# expect: limit
# about: int() of a decimal with a large exponent
# accept: runtime
from decimal import Decimal

def tool(state, **kwargs):
    return {"escaped": int(Decimal("1e300000000")) > 0}
