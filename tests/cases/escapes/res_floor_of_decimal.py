# expect: limit
# about: floor of a decimal with a huge exponent is an integer
# accept: runtime
import math
from decimal import Decimal

def tool(state, **kwargs):
    return {"escaped": math.floor(Decimal("1e300000000")) > 0}
