# expect: limit
# about: round() of a decimal with a huge exponent is an integer
# accept: runtime
from decimal import Decimal

def tool(state, **kwargs):
    return {"escaped": round(Decimal("1e300000000")) > 0}
